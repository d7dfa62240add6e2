package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"traceloop/test/host"
	"traceloop/test/runtimes"
)

const testTag = "registry.example/traceloop:v1.2.3"

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
)

// fakeImage has a program that is none, as its content does not matter.
func fakeImage(t *testing.T, platform v1.Platform) v1.Image {
	t.Helper()
	image, err := assemble([]byte("a program for "+platform.String()), platform,
		about{version: "v1.2.3", revision: "0123abcd", created: time.Unix(1_000_000_000, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func saveImages(t *testing.T, tags []string, images ...v1.Image) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "directory", "image.tar")
	if err := save(file, images, tags); err != nil {
		t.Fatal(err)
	}
	return file
}

// entries calls do for all entries of a tar archive.
func entries(t *testing.T, from io.Reader, do func(*tar.Header, []byte)) {
	t.Helper()
	r := tar.NewReader(from)
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		do(header, data)
	}
}

// open unpacks an archive and returns its index, of which all blobs are checked.
func open(t *testing.T, file string) v1.ImageIndex {
	t.Helper()
	archive, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	directory := t.TempDir()
	entries(t, archive, func(header *tar.Header, data []byte) {
		path := filepath.Join(directory, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.Mkdir(path, 0o700)
		} else {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	version, err := os.ReadFile(filepath.Join(directory, "oci-layout"))
	if err != nil || !strings.Contains(string(version), `"imageLayoutVersion": "1.0.0"`) {
		t.Errorf("oci-layout is %q, %v", version, err)
	}
	index, err := layout.ImageIndexFromPath(directory)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	return index
}

func TestSameInSameOut(t *testing.T) {
	for _, platforms := range [][]v1.Platform{{amd64}, {amd64, arm64}} {
		var archives [2][]byte
		for i := range archives {
			var images []v1.Image
			for _, platform := range platforms {
				images = append(images, fakeImage(t, platform))
			}
			var err error
			if archives[i], err = os.ReadFile(saveImages(t, []string{testTag}, images...)); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(archives[0], archives[1]) {
			t.Errorf("%v: two archives of the same differ", platforms)
		}
	}
}

func TestFiles(t *testing.T) {
	layers, err := fakeImage(t, amd64).Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	var got []string
	entries(t, content, func(header *tar.Header, _ []byte) {
		if header.Uid != 65532 || header.Gid != 65532 || header.Uname != "" {
			t.Errorf("%s belongs to %d:%d %s", header.Name, header.Uid, header.Gid, header.Uname)
		}
		if header.ModTime.Unix() != 1_000_000_000 {
			t.Errorf("%s is of %v", header.Name, header.ModTime)
		}
		if header.Typeflag != tar.TypeSymlink && header.Mode&0o222 != 0 {
			t.Errorf("%s can be written to: mode %#o", header.Name, header.Mode)
		}
		got = append(got, strings.TrimSpace(fmt.Sprintf("%#o %s %s", header.Mode, header.Name, header.Linkname)))
	})
	want := []string{
		"0555 bin/",
		"0777 bin/gadgettracermanager traceloop",
		"0777 bin/kubectl-traceloop traceloop",
		"0555 bin/traceloop",
		"0555 etc/",
		"0444 etc/passwd",
	}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("files (-want +got):\n%s", difference)
	}
}

func TestConfiguration(t *testing.T) {
	image := fakeImage(t, arm64)
	configuration, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := configuration.Platform().String(); got != "linux/arm64" {
		t.Errorf("platform %s", got)
	}
	if !configuration.Created.Equal(time.Unix(1_000_000_000, 0)) {
		t.Errorf("created %v", configuration.Created)
	}
	want := v1.Config{
		User:       "65532:65532",
		Env:        []string{"PATH=/bin"},
		Entrypoint: []string{"/bin/traceloop"},
		WorkingDir: "/",
		Labels: map[string]string{
			"org.opencontainers.image.title":       "traceloop",
			"org.opencontainers.image.description": "A flight recorder of containers' system calls",
			"org.opencontainers.image.licenses":    "Apache-2.0",
			"org.opencontainers.image.version":     "v1.2.3",
			"org.opencontainers.image.revision":    "0123abcd",
		},
	}
	if difference := cmp.Diff(want, configuration.Config); difference != "" {
		t.Errorf("configuration (-want +got):\n%s", difference)
	}
}

func TestArchiveOfOnePlatform(t *testing.T) {
	image := fakeImage(t, amd64)
	index := open(t, saveImages(t, []string{testTag, "registry.example/other:v1.2.3"}, image))
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	want, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 2 {
		t.Fatalf("%d images, want one under two names", len(manifest.Manifests))
	}
	for i, tag := range []string{testTag, "registry.example/other:v1.2.3"} {
		descriptor := manifest.Manifests[i]
		if descriptor.Digest != want || !descriptor.Platform.Equals(amd64) {
			t.Errorf("%s is %v for %v", tag, descriptor.Digest, descriptor.Platform)
		}
		for _, name := range []string{"io.containerd.image.name", "org.opencontainers.image.ref.name"} {
			if descriptor.Annotations[name] != tag {
				t.Errorf("%s is %q, want %q", name, descriptor.Annotations[name], tag)
			}
		}
	}
}

func TestArchiveOfTwoPlatforms(t *testing.T) {
	index := open(t, saveImages(t, []string{testTag}, fakeImage(t, amd64), fakeImage(t, arm64)))
	outer, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(outer.Manifests) != 1 || outer.Manifests[0].Annotations["io.containerd.image.name"] != testTag {
		t.Fatalf("the archive has %+v, want one index named %s", outer.Manifests, testTag)
	}
	inner, err := index.ImageIndex(outer.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := inner.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, descriptor := range manifest.Manifests {
		platforms = append(platforms, descriptor.Platform.String())
		image, err := inner.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		content := mutate.Extract(image)
		found := false
		entries(t, content, func(header *tar.Header, data []byte) {
			found = found || header.Name == "bin/traceloop" && string(data) == "a program for "+descriptor.Platform.String()
		})
		content.Close()
		if !found {
			t.Errorf("%v has another platform's program, or none", descriptor.Platform)
		}
	}
	if !slices.Equal(platforms, []string{"linux/amd64", "linux/arm64"}) {
		t.Errorf("platforms %q", platforms)
	}
}

func TestDefaultTag(t *testing.T) {
	for version, want := range map[string]string{
		"v1.20.3":               "ghcr.io/traceloop/traceloop:v1.20.3",
		"v1.2.3-4-gabcdef":      "ghcr.io/traceloop/traceloop:v0.0.0",
		"v1.2.3+modified":       "ghcr.io/traceloop/traceloop:v0.0.0",
		"development-c3caf2600": "ghcr.io/traceloop/traceloop:v0.0.0",
		"":                      "ghcr.io/traceloop/traceloop:v0.0.0",
	} {
		if got := defaultTag(version); got != want {
			t.Errorf("version %q: tag %s, want %s", version, got, want)
		}
	}
}

func TestWrongCommandLines(t *testing.T) {
	other := "arm64"
	if runtime.GOARCH == other {
		other = "amd64"
	}
	for want, arguments := range map[string][]string{
		"no -o FILE":               {"-version", "v1.2.3"},
		`argument "extra"`:         {"-o", "x", "extra"},
		`tag "no tag"`:             {"-o", "x", "-tag", "no tag"},
		`tag "name-alone"`:         {"-o", "x", "-tag", "name-alone"},
		`platform "windows/amd64"`: {"-o", "x", "-platform", "windows/amd64"},
		`platform "linux"`:         {"-o", "x", "-platform", "linux"},
		"-race needs cgo":          {"-o", "x", "-race", "-platform", "linux/" + other},
	} {
		if err := run(t.Context(), arguments); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", arguments, err, want)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if err := run(t.Context(), []string{"-o", "x"}); err == nil || !strings.Contains(err.Error(), `SOURCE_DATE_EPOCH is "yesterday"`) {
		t.Errorf("a wrong SOURCE_DATE_EPOCH: %v", err)
	}
}

// The program runs in its image, under each of its names, with nothing else there.
func TestContainerdRunsTheImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds traceloop")
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := run(t.Context(), []string{"-o", file, "-tag", testTag, "-version", "v1.2.3"}); err != nil {
		t.Fatal(err)
	}
	alone(t)
	containerd := runtimes.Containerd(t)
	must(t, containerd, "--namespace", "k8s.io", "images", "import", file)
	got := must(t, containerd, "--namespace", "k8s.io", "run", "--rm", "--read-only", testTag, "version", "/bin/traceloop", "version")
	if want := "traceloop v1.2.3 linux/" + runtime.GOARCH; !strings.HasPrefix(got, want) {
		t.Errorf("it printed %q, want %q...", got, want)
	}
	must(t, containerd, "--namespace", "k8s.io", "run", "--rm", "--read-only", testTag, "plugin", "/bin/kubectl-traceloop", "--help")
}

// An archive of two platforms is one image to a runtime, with its own platform.
func TestRuntimesTakeTheArchiveOfTwoPlatforms(t *testing.T) {
	alone(t)
	file := saveImages(t, []string{testTag}, fakeImage(t, amd64), fakeImage(t, arm64))
	t.Run("containerd", func(t *testing.T) {
		containerd := runtimes.Containerd(t)
		must(t, containerd, "images", "import", "--all-platforms", file)
		list := must(t, containerd, "images", "list", "name=="+testTag)
		if !strings.Contains(list, "linux/amd64,linux/arm64") {
			t.Errorf("it has\n%s", list)
		}
	})
	t.Run("podman", func(t *testing.T) {
		podman := runtimes.Podman(t)
		must(t, podman, "load", "--input", file)
		if got := must(t, podman, "image", "inspect", "--format", "{{.Architecture}}", testTag); strings.TrimSpace(got) != runtime.GOARCH {
			t.Errorf("it took the image for %s", got)
		}
	})
}

// alone keeps these containers out of other tests' recordings.
func alone(t *testing.T) {
	t.Helper()
	release, err := host.Alone()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
}

func must(t *testing.T, r *runtimes.Runtime, arguments ...string) string {
	t.Helper()
	var stderr strings.Builder
	command := r.Command(arguments...)
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command.Args, err, stderr.String())
	}
	return string(output)
}
