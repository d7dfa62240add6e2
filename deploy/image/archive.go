package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// save writes images, of one platform each, as one archive under all the tags. An
// archive of several has an index, out of which a runtime takes its own platform.
// If it fails there is no new file, and an old one is as it was.
func save(file string, images []v1.Image, tags []string) error {
	directory, err := os.MkdirTemp("", "traceloop-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	if err := writeLayout(directory, images, tags); err != nil {
		return fmt.Errorf("writing the image: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".image-")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	err = errors.Join(pack(temporary, directory), temporary.Chmod(0o644), temporary.Close())
	if err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return os.Rename(temporary.Name(), file)
}

// writeLayout fills an empty directory with an OCI image layout.
func writeLayout(directory string, images []v1.Image, tags []string) error {
	path, err := layout.Write(directory, empty.Index)
	if err != nil {
		return err
	}
	for _, tag := range tags {
		// The first is where containerd looks for the name, the second where all others do.
		names := layout.WithAnnotations(map[string]string{
			"io.containerd.image.name":          tag,
			"org.opencontainers.image.ref.name": tag,
		})
		if len(images) == 1 {
			platform, err := platformOf(images[0])
			if err != nil {
				return err
			}
			if err := path.AppendImage(images[0], layout.WithPlatform(*platform), names); err != nil {
				return err
			}
			continue
		}
		index, err := indexOf(images)
		if err != nil {
			return err
		}
		if err := path.AppendIndex(index, names); err != nil {
			return err
		}
	}
	return nil
}

func indexOf(images []v1.Image) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, image := range images {
		platform, err := platformOf(image)
		if err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform}})
	}
	return index, nil
}

func platformOf(image v1.Image) (*v1.Platform, error) {
	configuration, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	return configuration.Platform(), nil
}

// pack writes a directory's content as a tar archive that depends on the files'
// names and contents alone.
func pack(to io.Writer, directory string) error {
	w := tar.NewWriter(to)
	// WalkDir's order is that of the names.
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == directory {
			return err
		}
		name, err := filepath.Rel(directory, path)
		if err != nil {
			return err
		}
		header := tar.Header{Name: name, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if entry.IsDir() {
			header.Typeflag, header.Name, header.Mode = tar.TypeDir, name+"/", 0o755
			return w.WriteHeader(&header)
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		header.Typeflag, header.Size = tar.TypeReg, info.Size()
		if err := w.WriteHeader(&header); err != nil {
			return err
		}
		_, err = io.Copy(w, file)
		return err
	})
	return errors.Join(err, w.Close())
}
