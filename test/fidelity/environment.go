package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// searchPath is where the workloads' programs are looked for: in the system's
// directories, so that all machines run the same, and where Go and PostgreSQL are.
var searchPath = sync.OnceValue(func() []string {
	path := []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin"}
	if program, err := exec.LookPath("go"); err == nil {
		path = append(path, filepath.Dir(program))
	}
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	return append(path, versions...)
})

// lookUp finds a program where the workloads would. A path is left as it is.
func lookUp(program string) (string, error) {
	if strings.Contains(program, "/") {
		return program, nil
	}
	for _, directory := range searchPath() {
		path := filepath.Join(directory, program)
		if status, err := os.Stat(path); err == nil && status.Mode().IsRegular() && status.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no program %s", program)
}

// environment is all that a workload gets of this process's environment.
func (r *run) environment() []string {
	environment := []string{
		"PATH=" + strings.Join(searchPath(), ":"),
		"HOME=" + r.directory,
		"BIN=" + r.session.builder.directory,
		"LC_ALL=C.UTF-8",
		"TZ=UTC",
	}
	// Go's caches make a build quick.
	if cache, err := os.UserCacheDir(); err == nil {
		environment = append(environment, "GOCACHE="+filepath.Join(cache, "go-build"), "GOTOOLCHAIN=local", "GOTELEMETRY=off")
	}
	return environment
}
