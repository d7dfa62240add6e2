package cli

import (
	"errors"

	"github.com/spf13/cobra"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// attachCommand is traceloop attach.
type attachCommand struct {
	socket   string
	name     string
	cgroup   string
	pid      uint32
	mntns    uint64
	ringSize size
}

func newAttach() *cobra.Command {
	attach := &attachCommand{}
	command := &cobra.Command{
		Use:   "attach --cgroup PATH | --pid N | --mntns INODE",
		Short: "Record what no container runtime announces",
		Long: "Has the daemon record a cgroup such as a systemd unit's, a process with its descendants, or what is in\n" +
			"a mount namespace, from now on, and prints the recording's ID.",
		Example: "  traceloop attach --cgroup /system.slice/ssh.service --name ssh\n" +
			"  traceloop attach --pid 4321\n" +
			"  traceloop attach --mntns $(stat -L -c %i /proc/4321/ns/mnt)",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			request, err := attach.request(command)
			if err != nil {
				return err
			}
			c := newClient(attach.socket)
			response, err := call(command.Context(), c, c.api.Attach, request)
			if err != nil {
				return err
			}
			return printIDs(response.Recording)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&attach.cgroup, "cgroup", "", "the cgroup of this `PATH` and those below it: from the hierarchy's root, or /sys/fs/cgroup/...")
	flags.Uint32Var(&attach.pid, "pid", 0, "process `N`, by the host's numbers, and what it starts")
	flags.Uint64Var(&attach.mntns, "mntns", 0, "the mount namespace of this `INODE`")
	flags.StringVar(&attach.name, "name", "", "what the recording is called (default made of what it is of)")
	flags.Var(&attach.ringSize, "ring-size", "memory of the recording, such as 512KiB or 1MiB (default the daemon's)")
	flags.Lookup("ring-size").DefValue = ""
	addSocket(flags, &attach.socket)
	return command
}

var (
	errOneScope = errors.New("what to record: want one of --cgroup PATH, --pid N and --mntns INODE")
	errNoPID    = errors.New("invalid --pid 0: want a process's number")
	errNoInode  = errors.New("invalid --mntns 0: want a namespace's inode, as stat -L -c %i /proc/PID/ns/mnt prints it")
	errNoCgroup = errors.New("invalid --cgroup \"\": want a path such as /system.slice/ssh.service")
)

func (a *attachCommand) request(command *cobra.Command) (*traceloopv1.AttachRequest, error) {
	request := &traceloopv1.AttachRequest{Name: a.name, RingSize: uint64(a.ringSize)}
	given := 0
	for _, scope := range []struct {
		flag  string
		valid bool
		wrong error
		set   func()
	}{
		{"cgroup", a.cgroup != "", errNoCgroup, func() { request.Scope = &traceloopv1.AttachRequest_Cgroup{Cgroup: a.cgroup} }},
		{"pid", a.pid != 0, errNoPID, func() { request.Scope = &traceloopv1.AttachRequest_Pid{Pid: a.pid} }},
		{"mntns", a.mntns != 0, errNoInode, func() { request.Scope = &traceloopv1.AttachRequest_MountNamespace{MountNamespace: a.mntns} }},
	} {
		if !command.Flags().Changed(scope.flag) {
			continue
		}
		if !scope.valid {
			return nil, usage(scope.wrong)
		}
		scope.set()
		given++
	}
	if given != 1 {
		return nil, usage(errOneScope)
	}
	return request, nil
}

func newDetach() *cobra.Command {
	var socket string
	command := &cobra.Command{
		Use:   "detach NAME",
		Short: "End a recording that traceloop attach began",
		Long:  "Ends a recording that traceloop attach began. What it has stays until it is deleted.",
		Args:  exactly("NAME"), ValidArgsFunction: completeReferences(false, false),
		RunE: func(command *cobra.Command, arguments []string) error {
			c := newClient(socket)
			response, err := call(command.Context(), c, c.api.Detach, &traceloopv1.DetachRequest{Reference: arguments[0]})
			if err != nil {
				return err
			}
			return printIDs(response.Recording)
		},
	}
	addSocket(command.Flags(), &socket)
	return command
}
