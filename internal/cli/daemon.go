package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"traceloop/internal/agent"
	"traceloop/internal/containers"
	"traceloop/recorder"
)

// daemonCommand is traceloop daemon.
type daemonCommand struct {
	options     *daemonOptions
	settings    *settings
	config      string
	printConfig bool
	unpin       bool
	purge       bool
}

func newDaemon() *cobra.Command {
	daemon := &daemonCommand{options: newDaemonOptions()}
	daemon.settings = &settings{
		flags:   daemon.options.declare(),
		declare: func() *pflag.FlagSet { return newDaemonOptions().declare() },
	}
	command := &cobra.Command{
		Use:   "daemon [flags]",
		Short: "Record every container on this host",
		Long: "Records every container on this host, from its first system call, until it is told otherwise, and\n" +
			"serves the API that list, show, save and the other commands speak.\n\n" +
			"When it ends the kernel goes on recording, and the next daemon takes that up; --unpin ends it for good.\n\n" +
			"Every flag can be set as well in the environment, --ring-size as TRACELOOP_RING_SIZE (of those that may\n" +
			"be given again one in each line), and in the file of --config, as \"ring-size: 1MiB\". A flag goes before\n" +
			"the environment, that before the file.",
		Example: "  traceloop daemon --memory 1GiB --state-dir /var/lib/traceloop\n" +
			"  traceloop daemon --filter namespace=shop --filter name=web* --capture strings\n" +
			"  traceloop daemon --print-config > /etc/traceloop/config.yaml",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return daemon.run() },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.AddFlagSet(daemon.settings.flags)
	flags.StringVar(&daemon.config, "config", "", "`FILE` of settings (default "+defaultSettings+", if it exists)")
	flags.BoolVar(&daemon.printConfig, "print-config", false, "print the settings in force, and where each comes from, instead of recording")
	flags.BoolVar(&daemon.unpin, "unpin", false, "end all recordings that a daemon has left behind, and leave nothing behind")
	flags.BoolVar(&daemon.purge, "purge", false, "with --unpin: also delete the recordings that were saved in --state-dir (default "+defaultSalvage+")")
	command.MarkFlagsMutuallyExclusive("print-config", "unpin")
	complete(command, "capture", captureLevels)
	complete(command, "log-format", logFormats)
	complete(command, "log-level", logLevels)
	return command
}

func (c *daemonCommand) run() error {
	if err := c.load(); err != nil {
		return err
	}
	switch {
	case c.printConfig:
		text, err := c.settings.yaml(true)
		if err != nil {
			return err
		}
		if _, err := os.Stdout.WriteString(text); err != nil {
			return fmt.Errorf("printing the settings: %w", err)
		}
		return nil
	case c.unpin:
		if err := c.options.unpin(); err != nil || !c.purge {
			return err
		}
		return c.options.purge()
	case c.purge:
		return usage(errors.New("--purge is for --unpin: it deletes what daemons that have ended saved"))
	}
	return c.serve()
}

// load finds the settings in force.
func (c *daemonCommand) load() error {
	file, required := c.config, c.config != ""
	if !required {
		file, required = os.LookupEnv(variable("config"))
	}
	if !required {
		file = defaultSettings
	}
	err := c.settings.load(file, required)
	var unreadable *fs.PathError
	if err != nil && !errors.As(err, &unreadable) {
		err = usage(err)
	}
	if err != nil {
		return err
	}
	return c.options.check(c.settings)
}

// memoryLimit is the memory beyond which Go collects garbage more eagerly than
// it would, in bytes. Without a limit it waits until the heap has doubled, so
// that one long answer would leave the daemon large; the recordings' own memory
// is the kernel's and does not count. With the program itself it stays below 80 MiB.
const memoryLimit = 48 << 20

// serve is the daemon.
func (c *daemonCommand) serve() (err error) {
	o := c.options
	log := newLog(os.Stderr, o.logFormat.value, o.logLevel.value)
	if os.Getenv("GOMEMLIMIT") == "" {
		limit := int64(memoryLimit)
		if o.kubernetes {
			limit = nodeMemoryLimit
		}
		debug.SetMemoryLimit(limit)
	}
	// A second signal ends the daemon at once.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	held, err := o.hold()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.end()) }()
	if held.mounted != "" {
		log.Info("mounted a BPF file system", "directory", o.bpffs.path)
	}
	if strings.HasPrefix(c.settings.origins["ready-rings"], "default") {
		log.Warn("fewer ready rings than usual, as the memory has no room for more", "ready-rings", o.ready.value, "memory", o.memory.String())
	}
	r, err := o.openRecorder(held.pins, log)
	if err != nil {
		err = fmt.Errorf("cannot record: %w", err)
		if !o.kubernetes {
			return err
		}
		jobs := newJobs(ctx)
		return errors.Join(c.serveUnavailable(jobs, held, err, log), jobs.wait())
	}
	defer func() { err = errors.Join(err, r.Close()) }()

	registry := containers.NewRegistry()
	defer registry.Close()
	jobs := newJobs(ctx)
	defer func() { err = errors.Join(err, jobs.wait()) }()
	watcher := containers.Watch(jobs.ctx, registry, o.endpoints.items, o.hostRoot.path, log)
	jobs.start("watching runtimes", func(context.Context) error {
		watcher.Wait()
		return nil
	})
	configuration, err := c.agentConfig(log)
	if err != nil {
		return err
	}
	configuration.Recorder, configuration.Registry, configuration.Runtimes = r, registry, watcher.Status
	configuration.Pinned, configuration.Since = held.pins, held.since()
	a, err := agent.New(configuration)
	if err != nil {
		return err
	}
	health := func() error { _, err := r.Ready(); return err }
	mux := http.NewServeMux()
	mux.Handle(a.Handler())
	jobs.start("recording", a.Run)
	if o.kubernetes {
		n, err := o.newNodeAgent(a, nil, log)
		if err != nil {
			return err
		}
		n.start(jobs, mux)
	}
	if err := c.listen(jobs, mux, a.Collector(), health, held.socket, log); err != nil {
		return err
	}
	jobs.start("telling systemd's watchdog", func(ctx context.Context) error { return keepAlive(ctx, health, log) })
	jobs.start("listening to SIGHUP", func(ctx context.Context) error { return hangUp(ctx, log) })
	if !o.kubernetes {
		waitForRings(jobs.ctx, r)
	}
	// Who ends it now wants the recordings to go on.
	held.fresh = held.fresh && jobs.ctx.Err() != nil && ctx.Err() == nil
	if jobs.ctx.Err() == nil {
		log.Info("recording", "version", version(), "socket", held.socket, "pinned", held.pins)
		notify(log, systemd.SdNotifyReady+"\nSTATUS=Recording; the API is at "+held.socket)
	}

	<-jobs.ctx.Done()
	stop()
	notify(log, systemd.SdNotifyStopping)
	if ctx.Err() != nil {
		what := "the kernel goes on recording; traceloop daemon takes that up, traceloop daemon --unpin ends it"
		if held.pins == "" {
			what = "the recordings end with it (--bpffs is empty)"
		}
		log.Info("ending: "+what, "reason", context.Cause(ctx))
	}
	return nil
}

// agentConfig is what the agent is told of the settings.
func (c *daemonCommand) agentConfig(log *slog.Logger) (agent.Config, error) {
	o := c.options
	filter, err := containers.ParseFilter(o.filter.texts...)
	if err != nil {
		return agent.Config{}, err
	}
	// Whoever may use the socket sees them, and a pattern may be the secret itself.
	text, err := c.settings.yaml(true, "redact")
	if err != nil {
		return agent.Config{}, err
	}
	return agent.Config{
		Log:            log,
		Memory:         uint64(o.memory),
		RingSize:       int(o.ringSize),
		StringLimit:    o.stringLimit.value,
		Capture:        captures[o.capture.value],
		Calls:          o.trace.filter,
		Ready:          o.ready.value,
		Filter:         filter,
		Sandboxes:      o.sandboxes,
		Claims:         o.kubernetes,
		StateDirectory: o.stateDirectory.path,
		StateSize:      uint64(o.stateSize),
		Redact:         o.redact.items,
		Version:        version(),
		Settings:       text,
	}, nil
}

// listen begins to serve the API, and the metrics if they are asked for.
func (c *daemonCommand) listen(jobs *jobs, mux http.Handler, collector prometheus.Collector, health func() error, socket string, log *slog.Logger) error {
	o := c.options
	group, err := o.socketGroup.number()
	if err != nil {
		return err
	}
	if address := string(o.metricsAddress); address != "" {
		server, err := newMetricsServer(collector, health, log)
		if err != nil {
			return err
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("listening for --metrics-address: %w", err)
		}
		log.Info("serving metrics", "address", listener.Addr().String())
		jobs.start("serving metrics", func(ctx context.Context) error { return serveHTTP(ctx, server, listener) })
	}
	if address := string(o.apiAddress); address != "" {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("listening for --api-address: %w", err)
		}
		log.Info("serving the API", "address", listener.Addr().String())
		server := newAPIServer(mux, log)
		jobs.start("serving the API", func(ctx context.Context) error { return serveHTTP(ctx, server, listener) })
	}
	listener, err := listen(socket, os.FileMode(o.socketMode), group)
	if err != nil {
		return err
	}
	server := newAPIServer(mux, log)
	jobs.start("serving the API", func(ctx context.Context) error { return serveHTTP(ctx, server, listener) })
	return nil
}

// patienceOfStart is how long the daemon waits for its first ready ring until
// it says that it is ready all the same.
const patienceOfStart = 5 * time.Second

// waitForRings waits until a container that starts would be recorded.
func waitForRings(ctx context.Context, r *recorder.Recorder) {
	ctx, cancel := context.WithTimeout(ctx, patienceOfStart)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		if ready, err := r.Ready(); err != nil || ready > 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// hangUp says what SIGHUP does, which would end other programs.
func hangUp(ctx context.Context, log *slog.Logger) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-signals:
			log.Info("SIGHUP changes nothing: settings are read when the daemon starts, and a restart loses no recording")
		}
	}
}

// jobs are what runs until the daemon ends. The first that fails ends all.
type jobs struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	parent  context.Context
	running sync.WaitGroup
}

func newJobs(parent context.Context) *jobs {
	ctx, cancel := context.WithCancelCause(parent)
	return &jobs{ctx: ctx, cancel: cancel, parent: parent}
}

// start runs a job. It ends with the context.
func (j *jobs) start(doing string, run func(context.Context) error) {
	j.running.Go(func() {
		if err := run(j.ctx); err != nil {
			j.cancel(fmt.Errorf("%s: %w", doing, err))
		}
	})
}

// errEnd is why jobs end that wait was called for.
var errEnd = errors.New("the daemon ends")

// wait ends all jobs and returns when they have ended. Its error is that of the
// first that failed.
func (j *jobs) wait() error {
	j.cancel(errEnd)
	j.running.Wait()
	if err := context.Cause(j.ctx); j.parent.Err() == nil && !errors.Is(err, errEnd) {
		return err
	}
	return nil
}
