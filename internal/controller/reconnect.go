package controller

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// reconnect has watches and lists wait for an API server that nobody can connect
// to. By themselves they wait longer the longer it is away, up to a minute, and as
// long they would be late when it is back.
type reconnect struct {
	next http.RoundTripper
	log  *slog.Logger
	away atomic.Bool
}

// reconnectTime is how often it is tried, with up to as much again so that not all
// agents of a cluster come at once.
const reconnectTime = time.Second

func (r *reconnect) RoundTrip(request *http.Request) (*http.Response, error) {
	for {
		response, err := r.next.RoundTrip(request)
		if err == nil && r.away.CompareAndSwap(true, false) {
			r.log.Info("the API server is back")
		}
		var dial *net.OpError
		if !errors.As(err, &dial) || dial.Op != "dial" {
			return response, err
		}
		if r.away.CompareAndSwap(false, true) {
			r.log.Warn("the API server cannot be reached; what is recorded goes on, and it is tried again", "error", err)
		}
		if request.Method != http.MethodGet {
			return nil, err
		}
		timer := time.NewTimer(reconnectTime + rand.N(reconnectTime))
		select {
		case <-request.Context().Done():
			timer.Stop()
			return nil, err
		case <-timer.C:
		}
	}
}

// quiet logs what the libraries of Kubernetes tell of their own work as that
// which it is to others: for finding mistakes.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return q.Handler.Enabled(ctx, q.level(level))
}

func (q quiet) Handle(ctx context.Context, record slog.Record) error {
	record.Level = q.level(record.Level)
	return q.Handler.Handle(ctx, record)
}

func (q quiet) level(level slog.Level) slog.Level {
	if level <= slog.LevelInfo {
		return level + slog.LevelDebug - slog.LevelInfo
	}
	return level
}

func (q quiet) WithAttrs(attributes []slog.Attr) slog.Handler {
	return quiet{q.Handler.WithAttrs(attributes)}
}

func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
