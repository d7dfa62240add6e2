package recorder

// The objects are committed, so that building needs no compiler; the compiler
// is pinned, so that building them anew gives the same bytes.
//
//go:generate go run ../internal/generate/layout clang-19 bpf/layout.c ../ring/layout.go
//go:generate go run github.com/cilium/ebpf/cmd/bpf2go -cc clang-19 -strip llvm-strip-19 -target amd64,arm64 -type recording -type call_row -type capture_row -type members -type task_state -type task_memory -type place -type identity -type namespace -type namespace_verdict -type identity_flag -type attachment -type note programs bpf/recorder.c -- -mcpu=v3 -O2 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -I/usr/include/x86_64-linux-gnu
