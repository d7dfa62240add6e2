package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"

	"github.com/spf13/pflag"

	"traceloop/internal/containers"
	"traceloop/recorder"
	"traceloop/ring"
)

// The defaults of the daemon.
const (
	defaultSettings  = "/etc/traceloop/config.yaml"
	defaultMemory    = 256 << 20
	defaultReady     = 16
	defaultStateSize = 1 << 30
	defaultBPFFS     = "/sys/fs/bpf"
)

// maximumReady is how many rings may be ready. The programs have room for a few
// more recordings.
const maximumReady = 1000

// maximumSocketPath is how long a socket's path can be, in bytes: sun_path of
// unix(7) less its end.
const maximumSocketPath = 107

// daemonOptions are the daemon's settings.
type daemonOptions struct {
	memory      size
	ringSize    size
	ready       numberValue
	stringLimit numberValue
	capture     choiceValue
	redact      listValue[*regexp.Regexp]
	trace       recordedValue

	filter    listValue[*containers.Filter]
	sandboxes bool
	endpoints listValue[containers.Endpoint]

	stateDirectory pathValue
	stateSize      size
	bpffs          pathValue

	socket         pathValue
	socketMode     modeValue
	socketGroup    groupValue
	metricsAddress addressValue

	kubernetes bool
	nodeName   string
	apiAddress addressValue
	hostRoot   pathValue

	logFormat choiceValue
	logLevel  choiceValue
}

func newDaemonOptions() *daemonOptions {
	return &daemonOptions{
		memory:         defaultMemory,
		ringSize:       recorder.DefaultRingSize,
		ready:          numberValue{value: defaultReady, least: 1, most: maximumReady},
		stringLimit:    numberValue{value: recorder.DefaultStringLimit, least: 0, most: ring.StringLimitMax},
		capture:        choiceValue{value: "all", choices: captureLevels, kind: "LEVEL"},
		redact:         listValue[*regexp.Regexp]{parse: parsePattern, kind: "REGEXP"},
		filter:         listValue[*containers.Filter]{parse: parseFilter, kind: "FILTER"},
		endpoints:      listValue[containers.Endpoint]{parse: containers.ParseEndpoint, kind: "ENDPOINT"},
		stateDirectory: pathValue{optional: true},
		stateSize:      defaultStateSize,
		bpffs:          pathValue{path: defaultBPFFS, optional: true},
		socket:         pathValue{path: defaultSocket},
		socketMode:     0o660,
		socketGroup:    "root",
		nodeName:       os.Getenv("NODE_NAME"),
		hostRoot:       pathValue{path: "/"},
		logFormat:      choiceValue{value: "text", choices: logFormats, kind: "FORMAT"},
		logLevel:       choiceValue{value: "info", choices: logLevels, kind: "LEVEL"},
	}
}

// declare makes the flags that set the options.
func (o *daemonOptions) declare() *pflag.FlagSet {
	flags := pflag.NewFlagSet("settings", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Var(&o.memory, "memory", "memory of all recordings together, ready rings among them; the oldest that have exited make room")
	flags.Var(&o.ringSize, "ring-size", "memory of one recording: what does not fit overwrites its oldest calls")
	flags.Var(&o.ready, "ready-rings", "rings kept ready for containers to come: as many can start at one moment and be recorded whole")
	flags.VarP(&o.stringLimit, "string-limit", "s", "how many bytes of a string or buffer are recorded")
	flags.Var(&o.capture, "capture", "what memory is recorded: paths (and structs); strings, also arguments and names;\n"+
		"all, also what is read and written, sent and received")
	flags.VarP(&o.trace, "trace", "e", "record only the system calls of a set, in strace's syntax: names and sets (%file, %network...)\n"+
		"with commas between them, /REGEX, ! before all of it negates (default all)")
	flags.Var(&o.redact, "redact", "mask what matches in strings that are saved or shown; may be given again")
	flags.Var(&o.filter, "filter", "record only containers that match: name=, namespace=, label=K=V, image=, commas for \"and\";\n"+
		"given again for \"or\" (default all)")
	flags.BoolVar(&o.sandboxes, "sandboxes", false, "record also the pause containers of Kubernetes pods")
	flags.Var(&o.endpoints, "runtime-endpoint", "a container runtime's socket; may be given again (default: wherever runtimes usually have them)")
	flags.Var(&o.stateDirectory, "state-dir", "directory in which recordings are saved that make room for others (default: they are not saved)")
	flags.Var(&o.stateSize, "state-size", "what the files in --state-dir may take together; the oldest go first")
	flags.Var(&o.bpffs, "bpffs", "BPF file system in which recordings outlive the daemon, below traceloop/; mounted if there is none;\n"+
		"empty: recordings end with the daemon")
	flags.Var(&o.socket, "socket", "unix socket of the API")
	flags.Var(&o.socketMode, "socket-mode", "the socket's mode")
	flags.Var(&o.socketGroup, "socket-group", "the socket's group, by name or number")
	flags.Var(&o.metricsAddress, "metrics-address", "HOST:PORT that serves /metrics for Prometheus, and /healthz (default: none)")
	flags.BoolVar(&o.kubernetes, "kubernetes", false, "be the agent of a Kubernetes node: record what the Traces of --node-name ask for, and nothing else")
	flags.StringVar(&o.nodeName, "node-name", o.nodeName, "the node's `NAME` in Kubernetes; also in the environment as NODE_NAME")
	flags.Var(&o.apiAddress, "api-address", "serve the API also on HOST:PORT of the loopback interface, where kubectl port-forward reaches it\n(default: on the socket alone)")
	flags.Var(&o.hostRoot, "host-root", "where the host's root directory is mounted, for the runtimes' usual sockets")
	flags.Var(&o.logFormat, "log-format", "log as text or json")
	flags.Var(&o.logLevel, "log-level", "the least that is logged: debug, info, warn, error")
	return flags
}

// check checks what values mean together and on this machine.
func (o *daemonOptions) check(s *settings) error {
	minimum, err := recorder.MinimumRingSize()
	if err != nil {
		return err
	}
	if int(o.ringSize) < minimum || o.ringSize > recorder.MaximumRingSize {
		return usage(fmt.Errorf("invalid ring-size of %s: on this machine it can be from %s (%d bytes) to %s",
			formatSize(int(o.ringSize)), formatSize(minimum), minimum, formatSize(recorder.MaximumRingSize)))
	}
	if err := o.checkMemory(s); err != nil {
		return err
	}
	if err := o.checkKubernetes(); err != nil {
		return usage(err)
	}
	if len(o.socket.path) > maximumSocketPath {
		return usage(fmt.Errorf("invalid socket %s: the path of a socket has at most %d bytes, this one %d", o.socket.path, maximumSocketPath, len(o.socket.path)))
	}
	if _, err := o.socketGroup.number(); err != nil {
		return usage(fmt.Errorf("invalid socket-group %q: %w", string(o.socketGroup), err))
	}
	return nil
}

// checkKubernetes checks the settings of a Kubernetes node's agent.
func (o *daemonOptions) checkKubernetes() error {
	if address := string(o.apiAddress); address != "" {
		host, _, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("invalid api-address %q: whoever reaches it may read what is recorded, so it must be on the loopback interface, such as 127.0.0.1:7543", address)
		}
	}
	switch {
	case !o.kubernetes:
		return nil
	case o.nodeName == "":
		return errors.New("kubernetes needs the node's name: want --node-name, or NODE_NAME in the environment")
	case o.trace.filter != nil:
		return fmt.Errorf("trace %q is not for --kubernetes: each Trace says which system calls it wants", o.trace.filter)
	}
	return nil
}

// checkMemory has the memory suffice for the ready rings and one that records.
// Who did not ask for a number of ready rings gets as many as fit.
func (o *daemonOptions) checkMemory(s *settings) error {
	size := (int(o.ringSize) + ring.ChunkSize - 1) / ring.ChunkSize * ring.ChunkSize
	fitting := int(o.memory)/size - 1
	if fitting >= o.ready.value {
		return nil
	}
	if fitting < 1 || s.given("ready-rings") {
		return usage(fmt.Errorf("memory of %s is too little for ready-rings of %d and a recording beside them, with a ring-size of %s: want a memory of %s at least",
			formatSize(int(o.memory)), o.ready.value, formatSize(size), formatSize((o.ready.value+1)*size)))
	}
	o.ready.value = fitting
	s.origins["ready-rings"] = "default, as many as fit into memory"
	return nil
}

// parseFilter checks one of the filters, which are alternatives.
func parseFilter(text string) (*containers.Filter, error) { return containers.ParseFilter(text) }
