package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/recorder"
)

// target is what Attach was asked to record.
type target struct {
	scope recorder.Scope
	name  string // to take if none was given
	note  note
}

// Attach implements the API's Attach.
func (s *service) Attach(_ context.Context, request *connect.Request[traceloopv1.AttachRequest]) (*connect.Response[traceloopv1.AttachResponse], error) {
	asked, err := s.target(request.Msg)
	if err != nil {
		return nil, failure(err)
	}
	options := s.adoption()
	if size := request.Msg.RingSize; size != 0 {
		if size > recorder.MaximumRingSize {
			return nil, connect.NewError(connect.CodeInvalidArgument, fmt.Errorf("ring size of %d bytes: must be at most %d", size, recorder.MaximumRingSize))
		}
		options.RingSize = int(size)
	}
	if minimum, err := recorder.MinimumRingSize(); err == nil && options.RingSize < minimum {
		return nil, connect.NewError(connect.CodeInvalidArgument, fmt.Errorf("ring size of %d bytes: must be %d at the least on this machine", options.RingSize, minimum))
	}
	s.removals.Lock()
	defer s.removals.Unlock()
	name, err := s.chooseName(request.Msg.Name, asked.name)
	if err != nil {
		return nil, failure(err)
	}
	if err := s.makeRoom(options.RingSize); err != nil {
		return nil, failure(err)
	}
	if err := s.recorder.Attach(name, asked.scope, options); err != nil {
		return nil, failure(err)
	}
	l, err := s.noteAttached(name, asked.note)
	if err != nil {
		return nil, failure(err)
	}
	return connect.NewResponse(&traceloopv1.AttachResponse{Recording: l.message}), nil
}

// noteAttached puts down what was attached.
func (a *Agent) noteAttached(name string, asked note) (*listed, error) {
	a.mutex.Lock()
	err := a.refresh()
	if e := a.entries[name]; e != nil && err == nil {
		e.note.Cgroup, e.note.PID = asked.Cgroup, asked.PID
		a.keepNote(e)
	}
	a.mutex.Unlock()
	if err != nil {
		return nil, err
	}
	return a.find(name)
}

// makeRoom has the budget leave room for one more ring, beside the ready ones.
// The caller holds removals.
func (a *Agent) makeRoom(size int) error {
	for {
		a.mutex.Lock()
		err := a.refresh()
		ready := a.ready
		a.mutex.Unlock()
		if err != nil {
			return err
		}
		room := a.room() - int64(ready)*int64(ringBytes(a.config.RingSize))
		if room >= int64(ringBytes(size)) {
			return nil
		}
		// What cannot be enough is not begun.
		victim := a.victim()
		if victim == nil || int64(ringBytes(size)) > int64(a.config.Memory) {
			return connect.NewError(connect.CodeResourceExhausted,
				fmt.Errorf("no room for a ring of %d bytes: %d of the %d bytes for all of them are free, and what takes the others still runs: delete recordings, or give the daemon more memory", size, max(room, 0), a.config.Memory))
		}
		if err := a.evict(victim); err != nil {
			return err
		}
	}
}

// target says what a request asks to record.
func (a *Agent) target(request *traceloopv1.AttachRequest) (*target, error) {
	switch scope := request.Scope.(type) {
	case *traceloopv1.AttachRequest_Cgroup:
		inode, inHierarchy, err := a.cgroup(scope.Cgroup)
		if err != nil {
			return nil, err
		}
		return &target{recorder.Cgroup(inode), path.Base(inHierarchy), note{Cgroup: inHierarchy}}, nil
	case *traceloopv1.AttachRequest_Pid:
		if scope.Pid == 0 || scope.Pid > math.MaxInt32 {
			return nil, connect.NewError(connect.CodeInvalidArgument, fmt.Errorf("process %d: a process ID is from 1 to %d", scope.Pid, math.MaxInt32))
		}
		return &target{recorder.ProcessTree(int(scope.Pid)), fmt.Sprint("pid-", scope.Pid), note{PID: scope.Pid}}, nil
	case *traceloopv1.AttachRequest_MountNamespace:
		inode := scope.MountNamespace
		if inode == 0 || inode > math.MaxUint32 {
			return nil, connect.NewError(connect.CodeInvalidArgument, fmt.Errorf("mount namespace %d: the inode number of one (ls -Li /proc/PID/ns/mnt) is from 1 to %d", inode, uint32(math.MaxUint32)))
		}
		if !a.hasMountNamespace(inode) {
			return nil, connect.NewError(connect.CodeNotFound, fmt.Errorf("mount namespace %d: no process is in it", inode))
		}
		return &target{recorder.MountNamespace(uint32(inode)), fmt.Sprint("mntns-", inode), note{}}, nil
	}
	return nil, connect.NewError(connect.CodeInvalidArgument, errors.New("nothing to attach to: want a cgroup, a pid or a mount namespace"))
}

// cgroup finds a cgroup by its path, as it is in the file system or in the
// hierarchy. It returns its ID and its path in the hierarchy.
func (a *Agent) cgroup(given string) (inode uint64, inHierarchy string, err error) {
	if given == "" || strings.ContainsRune(given, 0) || len(given) > unix.PathMax {
		return 0, "", connect.NewError(connect.CodeInvalidArgument, fmt.Errorf("cgroup %s: want a path such as system.slice/ssh.service", short(given)))
	}
	mount := a.cgroupMount()
	if mount == "" {
		return 0, "", connect.NewError(connect.CodeFailedPrecondition,
			fmt.Errorf("cgroup %s: no hierarchy of version 2 is mounted at any of %s", short(given), strings.Join(a.cgroups, ", ")))
	}
	relative := path.Clean("/" + given)
	if inside, ok := strings.CutPrefix(relative, mount); ok && (inside == "" || inside[0] == '/') {
		relative = path.Clean("/" + inside)
	}
	// Nothing outside of the hierarchy can be reached through this, by links
	// neither.
	root, err := os.OpenRoot(mount)
	if err != nil {
		return 0, "", fmt.Errorf("opening the hierarchy of cgroups: %w", err)
	}
	defer root.Close()
	directory, err := root.Open("." + relative)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "", connect.NewError(connect.CodeNotFound, fmt.Errorf("cgroup %s: there is none in the hierarchy of version 2 at %s", short(given), mount))
	}
	if err != nil {
		return 0, "", connect.NewError(connect.CodeInvalidArgument, fmt.Errorf("cgroup %s: %w", short(given), err))
	}
	defer directory.Close()
	var information unix.Stat_t
	var system unix.Statfs_t
	if err := errors.Join(unix.Fstat(int(directory.Fd()), &information), unix.Fstatfs(int(directory.Fd()), &system)); err != nil {
		return 0, "", fmt.Errorf("cgroup %s: %w", short(given), err)
	}
	if information.Mode&unix.S_IFMT != unix.S_IFDIR || system.Type != unix.CGROUP2_SUPER_MAGIC {
		return 0, "", connect.NewError(connect.CodeInvalidArgument, fmt.Errorf("cgroup %s: it is no cgroup of version 2, but something else below %s", short(given), mount))
	}
	return information.Ino, relative, nil
}

// cgroupMount is where the hierarchy of version 2 is mounted; empty: nowhere.
func (a *Agent) cgroupMount() string {
	for _, directory := range a.cgroups {
		var system unix.Statfs_t
		if unix.Statfs(directory, &system) == nil && system.Type == unix.CGROUP2_SUPER_MAGIC {
			return directory
		}
	}
	return ""
}

// hasMountNamespace says that a process is in a mount namespace.
func (a *Agent) hasMountNamespace(inode uint64) bool {
	links, err := filepath.Glob(filepath.Join(a.processes, "[0-9]*", "ns", "mnt"))
	if err != nil {
		return false
	}
	for _, link := range links {
		var information unix.Stat_t
		if unix.Stat(link, &information) == nil && information.Ino == inode {
			return true
		}
	}
	return false
}

const (
	longestName = 128
	// ownNames is how the recorder names what it adopts.
	ownNames = "adopted-"
)

// chooseName checks a name that was given, or makes one that is not taken.
func (a *Agent) chooseName(given, made string) (string, error) {
	all, err := a.list()
	if err != nil {
		return "", err
	}
	taken := make(map[string]bool)
	for _, l := range all {
		taken[l.base], taken[l.ring], taken[l.container.Name] = true, true, true
	}
	if given != "" {
		if err := checkName(given); err != nil {
			return "", connect.NewError(connect.CodeInvalidArgument, err)
		}
		if taken[given] {
			return "", connect.NewError(connect.CodeAlreadyExists, fmt.Errorf("name %s: there is a recording of that name", short(given)))
		}
		return given, nil
	}
	made = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == '/' || r == utf8.RuneError {
			return '_'
		}
		return r
	}, bound(made, longestName-10))
	if checkName(made) != nil {
		made = "attached"
	}
	name := made
	for number := 2; taken[name]; number++ {
		name = made + "-" + strconv.Itoa(number)
	}
	return name, nil
}

// checkName says why a name is none for a recording.
func checkName(name string) error {
	switch {
	case len(name) > longestName:
		return fmt.Errorf("a name of %d bytes: must have at most %d", len(name), longestName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("name %s: must be printable", short(name))
	case strings.Contains(name, "/"):
		return fmt.Errorf("name %s: must have no slash, which NAMESPACE/POD has", short(name))
	case strings.HasPrefix(name, ownNames):
		return fmt.Errorf("name %s: names that begin with %s are the recorder's own", short(name), ownNames)
	case name == "" || strings.TrimSpace(name) != name:
		return fmt.Errorf("name %s: must be a name, without spaces at its ends", short(name))
	}
	return nil
}
