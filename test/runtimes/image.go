package runtimes

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
)

// imageFile is a file of the image, or a symbolic link.
type imageFile struct {
	name string
	mode int64
	data []byte
	link string // what it points to, if it is one
}

// imageFiles are busybox, its commands and what some programs want to read.
var imageFiles = sync.OnceValues(func() ([]imageFile, error) {
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		return nil, fmt.Errorf("making the image: %w (Debian's package busybox-static has it)", err)
	}
	list, err := exec.Command("/bin/busybox", "--list").Output()
	if err != nil {
		return nil, fmt.Errorf("asking busybox for its commands: %w", err)
	}
	files := []imageFile{
		{name: "bin/busybox", mode: 0o755, data: busybox},
		{name: "etc/passwd", mode: 0o644, data: []byte("root:x:0:0:root:/root:/bin/sh\n")},
		{name: "etc/os-release", mode: 0o644, data: []byte("ID=busybox\n")},
	}
	for _, name := range strings.Fields(string(list)) {
		if name != "busybox" {
			files = append(files, imageFile{name: "bin/" + name, link: "busybox"})
		}
	}
	return files, nil
})

// ImageArchive is an archive of Image as "docker save" writes it, which all runtimes
// load: no registry is needed.
var ImageArchive = sync.OnceValues(func() ([]byte, error) {
	files, err := imageFiles()
	if err != nil {
		return nil, err
	}
	content := newArchive()
	for _, directory := range []string{"bin", "etc", "tmp", "root"} {
		content.directory(directory)
	}
	for _, file := range files {
		if file.link != "" {
			content.link(file.name, file.link)
		} else {
			content.file(file.name, file.mode, file.data)
		}
	}
	layer, err := content.finish()
	if err != nil {
		return nil, fmt.Errorf("making the image's layer: %w", err)
	}

	configuration, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Cmd": []string{"/bin/sleep", "1000000"}, "Env": []string{"PATH=/bin"}},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest(layer)}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal([]any{map[string]any{
		"Config": digest(configuration) + ".json", "RepoTags": []string{Image}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return nil, err
	}

	whole := newArchive()
	whole.file(digest(configuration)+".json", 0o644, configuration)
	whole.file("layer.tar", 0o644, layer)
	whole.file("manifest.json", 0o644, manifest)
	return whole.finish()
})

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// archive is a tar file in the making; its first error comes with finish.
type archive struct {
	buffer bytes.Buffer
	writer *tar.Writer
	err    error
}

func newArchive() *archive {
	a := new(archive)
	a.writer = tar.NewWriter(&a.buffer)
	return a
}

func (a *archive) add(header *tar.Header, data []byte) {
	if a.err == nil {
		a.err = a.writer.WriteHeader(header)
	}
	if a.err == nil {
		_, a.err = a.writer.Write(data)
	}
}

func (a *archive) directory(name string) {
	a.add(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755}, nil)
}

func (a *archive) file(name string, mode int64, data []byte) {
	a.add(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(data))}, data)
}

func (a *archive) link(name, target string) {
	a.add(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, nil)
}

func (a *archive) finish() ([]byte, error) {
	if a.err == nil {
		a.err = a.writer.Close()
	}
	return a.buffer.Bytes(), a.err
}
