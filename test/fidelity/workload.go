package main

import (
	"fmt"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// workload is a program that is recorded and traced at once. Its scripts run
// in a fresh directory, which they know as HOME, with the compiled programs of
// programs/ in BIN.
type workload struct {
	name string
	// part says that it is quick and needs only packages that tests need
	// anyway.
	part bool
	// user is who runs it, if not root.
	user string
	// needs are the programs that it runs besides the first of its command.
	needs []string
	// programs are those of programs/ that it runs, without ".c". One whose
	// name ends in 32 is compiled from the source without that, for the ABI of
	// 32 bits.
	programs []string
	// prepare is a shell script that runs before, neither recorded nor traced.
	prepare string
	// command is recorded. A first word that begins with @ is one of programs.
	command []string
	// input is the file that the command reads, if not the null device.
	input string
	// drive is a shell script that runs meanwhile, neither recorded nor
	// traced; it also ends the command, if that does not end by itself.
	drive string
	// limit is how long the command may take; 0 stands for defaultLimit.
	limit time.Duration
}

const defaultLimit = time.Minute

func (w *workload) timeLimit() time.Duration {
	if w.limit == 0 {
		return defaultLimit
	}
	return w.limit
}

// credential is the user who runs the workload; nil for this process's.
func (w *workload) credential() (*syscall.Credential, error) {
	if w.user == "" {
		return nil, nil
	}
	who, err := user.Lookup(w.user)
	if err != nil {
		return nil, fmt.Errorf("finding the user who runs it: %w", err)
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", w.user, err)
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", w.user, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
