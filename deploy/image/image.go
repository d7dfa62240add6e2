package main

import (
	"archive/tar"
	"bytes"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// owner is the user and group of all files, and the image's own user. The agent
// runs as root all the same, which the DaemonSet says; its files are not root's.
const owner = 65532

// users are there for who looks up a name.
const users = "root:x:0:0:root:/:/bin/traceloop\n" +
	"traceloop:x:65532:65532:traceloop:/:/bin/traceloop\n"

// about is what the image says of itself.
type about struct {
	version  string
	revision string // empty: not known
	created  time.Time
}

// assemble makes the image of one platform.
func assemble(binary []byte, platform v1.Platform, about about) (v1.Image, error) {
	files, err := filesystem(binary, about.created)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(
		func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files)), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{
		Layer: layer,
		History: v1.History{
			Created:   v1.Time{Time: about.created},
			CreatedBy: "go run ./deploy/image",
		},
	})
	if err != nil {
		return nil, err
	}
	configuration, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	configuration = configuration.DeepCopy()
	configuration.OS = platform.OS
	configuration.Architecture = platform.Architecture
	configuration.Created = v1.Time{Time: about.created}
	configuration.Config = v1.Config{
		User:       "65532:65532",
		Env:        []string{"PATH=/bin"},
		Entrypoint: []string{"/bin/traceloop"},
		WorkingDir: "/",
		Labels: map[string]string{
			"org.opencontainers.image.title":       "traceloop",
			"org.opencontainers.image.description": "A flight recorder of containers' system calls",
			"org.opencontainers.image.licenses":    "Apache-2.0",
			"org.opencontainers.image.version":     about.version,
		},
	}
	if about.revision != "" {
		configuration.Config.Labels["org.opencontainers.image.revision"] = about.revision
	}
	return mutate.ConfigFile(image, configuration)
}

// filesystem is the image's only layer, as a tar archive: the program under its
// three names, and nothing that anybody may write to.
func filesystem(binary []byte, created time.Time) ([]byte, error) {
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, entry := range []struct {
		header tar.Header
		data   []byte
	}{
		{tar.Header{Typeflag: tar.TypeDir, Name: "bin/", Mode: 0o555}, nil},
		// Old clients of the Trace API run this one in the agent's pod.
		{tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/gadgettracermanager", Linkname: "traceloop", Mode: 0o777}, nil},
		{tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/kubectl-traceloop", Linkname: "traceloop", Mode: 0o777}, nil},
		{tar.Header{Typeflag: tar.TypeReg, Name: "bin/traceloop", Mode: 0o555}, binary},
		{tar.Header{Typeflag: tar.TypeDir, Name: "etc/", Mode: 0o555}, nil},
		{tar.Header{Typeflag: tar.TypeReg, Name: "etc/passwd", Mode: 0o444}, []byte(users)},
	} {
		header := entry.header
		header.Uid, header.Gid = owner, owner
		header.ModTime = created
		header.Size = int64(len(entry.data))
		header.Format = tar.FormatUSTAR
		if err := w.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := w.Write(entry.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}
