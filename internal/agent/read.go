package agent

import (
	"context"
	"errors"
	"fmt"
	"io"

	"connectrpc.com/connect"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/recorder"
	"traceloop/recording"
)

// piece is how many bytes of a file are sent at once.
const piece = 64 << 10

// Read implements the API's Read.
func (s *service) Read(ctx context.Context, request *connect.Request[traceloopv1.ReadRequest], stream *connect.ServerStream[traceloopv1.ReadResponse]) error {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		e.received()
		e.leave()
	}
	s.reading.Add(1)
	defer s.reading.Add(-1)
	return failure(s.read(ctx, request.Msg, stream))
}

func (s *service) read(ctx context.Context, request *traceloopv1.ReadRequest, stream *connect.ServerStream[traceloopv1.ReadResponse]) error {
	l, err := s.find(request.Reference)
	if err != nil {
		return err
	}
	leave, err := s.enter(ctx, l)
	if err != nil {
		return err
	}
	defer leave()
	r, file, err := s.open(l, request)
	if errors.Is(err, errGone) {
		// It made room for others in this moment: it may be a file by now.
		if l, err = s.find(request.Reference); err != nil {
			return err
		}
		r, file, err = s.open(l, request)
	}
	if err != nil {
		return err
	}
	to := &pieces{send: func(response *traceloopv1.ReadResponse) error {
		s.extendDeadline(ctx)
		return stream.Send(response)
	}, recording: l.message}
	if file != nil {
		defer file.Close()
		if _, err := io.Copy(to, file); err != nil {
			return fmt.Errorf("reading the file of %s: %w", l, err)
		}
	} else if err := recording.Write(to, r); err != nil {
		return err
	}
	return to.flush()
}

const (
	// maximumReads is how many clients are sent recordings at one time, if these
	// are of the usual size; the others wait.
	maximumReads = 8
	// readPlace is how many bytes of a ring have a place. A larger recording
	// takes several: what is sent is in memory meanwhile.
	readPlace = 4 << 20
)

// enter waits until a recording may be sent, and returns how to leave.
func (a *Agent) enter(ctx context.Context, l *listed) (leave func(), err error) {
	places := min(1+int(l.ringSize/readPlace), maximumReads)
	taken := 0
	leave = func() {
		for range taken {
			<-a.reads
		}
	}
	// One at a time takes places: two with half of what they want would wait for
	// each other.
	select {
	case a.turnstile <- struct{}{}:
		defer func() { <-a.turnstile }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for ; taken < places; taken++ {
		select {
		case a.reads <- struct{}{}:
		case <-ctx.Done():
			leave()
			return nil, ctx.Err()
		}
	}
	return leave, nil
}

// errGone: what was found a moment ago is not there any more. Whoever gets it
// looks again, once.
var errGone = errors.New("the recording was deleted in this moment")

// open takes a snapshot of a recording, or opens its file; of a file that is to
// be changed before it is sent it returns what it holds.
func (a *Agent) open(l *listed, request *traceloopv1.ReadRequest) (*recording.Recording, io.ReadCloser, error) {
	if l.ring == "" {
		return a.openSaved(l, request)
	}
	snapshot, err := a.recorder.Read(l.ring)
	if errors.Is(err, recorder.ErrNotFound) {
		return nil, nil, fmt.Errorf("%w: %w", errGone, err)
	}
	if err != nil {
		return nil, nil, err
	}
	if request.AfterBootNanoseconds > 0 {
		snapshot = snapshot.After(request.AfterBootNanoseconds)
	}
	r, err := a.recording(l, snapshot)
	return r, nil, err
}

func (a *Agent) openSaved(l *listed, request *traceloopv1.ReadRequest) (*recording.Recording, io.ReadCloser, error) {
	file, pending, err := a.store.open(l.file)
	if err != nil {
		return nil, nil, err
	}
	// A damaged file goes out as it is, for who receives it to say what is missing.
	if pending == nil && len(a.config.Redact) == 0 && request.AfterBootNanoseconds == 0 {
		return nil, file, nil
	}
	if file != nil {
		defer file.Close()
		if pending, err = recording.Read(file); pending == nil {
			return nil, nil, fmt.Errorf("reading the file of %s: %w", l, err)
		}
	}
	r := *pending
	if request.AfterBootNanoseconds > 0 {
		r.Snapshot = *r.Snapshot.After(request.AfterBootNanoseconds)
	}
	// What waits for the disk was masked already, and is not to be changed.
	if file != nil {
		a.mask(&r)
	}
	return &r, nil, nil
}

// pieces sends what is written to it in pieces, the recording with the first.
type pieces struct {
	send      func(*traceloopv1.ReadResponse) error
	recording *traceloopv1.Recording // until it is sent
	data      []byte
}

func (p *pieces) Write(data []byte) (int, error) {
	for rest := data; len(rest) > 0; {
		n := min(piece-len(p.data), len(rest))
		p.data = append(p.data, rest[:n]...)
		rest = rest[n:]
		if len(p.data) == piece {
			if err := p.flush(); err != nil {
				return len(data) - len(rest), err
			}
		}
	}
	return len(data), nil
}

// flush sends what is there, if there is anything.
func (p *pieces) flush() error {
	if len(p.data) == 0 && p.recording == nil {
		return nil
	}
	err := p.send(&traceloopv1.ReadResponse{Recording: p.recording, Data: p.data})
	p.recording, p.data = nil, p.data[:0]
	return err
}
