package main

// workloads are all of them, in the order in which they run.
var workloads = []*workload{
	{
		name:    "ls",
		part:    true,
		command: []string{"ls", "-laR", "/etc/apt", "/etc/security", "/usr/share/perl"},
	},
	{
		name:    "cp",
		part:    true,
		prepare: makeTree,
		command: []string{"cp", "-a", "tree", "copy"},
	},
	{
		name:    "tar",
		part:    true,
		needs:   []string{"gzip"},
		prepare: makeTree,
		command: []string{"sh", "-c", "tar -czf tree.tar.gz tree && mkdir out && tar -xzf tree.tar.gz -C out"},
	},
	{
		name:    "find",
		part:    true,
		prepare: makeTree,
		command: []string{"find", "tree", "/etc", "-newer", "tree/1", "-ls"},
	},
	{
		name:    "grep",
		part:    true,
		prepare: makeTree,
		command: []string{"grep", "-r", "line 7", "tree", "missing"},
	},
	{
		name: "git",
		command: []string{"sh", "-euc", `
			git init -q repository
			cd repository
			git config user.name somebody
			git config user.email somebody@example.org
			echo one >file
			git add file
			git commit -qm first
			echo two >>file
			git commit -qam second
			git --no-pager log -p
			git status --short
			git gc -q`},
	},
	{
		name: "bash",
		part: true,
		command: []string{"bash", "-c", `
			seq 100 | sort -rn | head -3 | while read number; do echo "$number"; done
			cat <<END
a here-document with $HOME
END
			tr a-z A-Z <<<"a here-string"
			diff <(seq 5) <(seq 6)
			set -- *
			for i in 1 2 3; do (sleep 0.1; exit $i) & done
			wait
			test -e /nonexistent || mkdir -p a/b/c
			umask 077; ulimit -n 512; cd a && pwd -P
			trap 'echo caught' USR1; kill -USR1 $$
			printf '%s\n' "${BASH_VERSION%%.*}" >b/file; rm -r b
			nonexistent-command
			exit 3`},
	},
	{
		name:    "python",
		command: []string{"python3", "-c", pythonProgram},
	},
	{
		name: "perl",
		part: true,
		command: []string{"perl", "-e", `
			use strict; use warnings; use IO::Socket; use IO::Select; use POSIX ();
			use File::Temp; use Fcntl qw(:flock);
			my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", Proto => "tcp") or die $!;
			my $pid = fork() // die;
			if (!$pid) {
				my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $server->sockport) or die;
				print $client "hello\n"; print scalar <$client>; exit 7;
			}
			IO::Select->new($server)->can_read(5);
			my $peer = $server->accept; print $peer "got " . <$peer>; close $peer; waitpid $pid, 0;
			my $file = File::Temp->new; flock $file, LOCK_EX; print $file "x" x 10000; truncate $file, 5000;
			rename $file->filename, "other"; chmod 0600, "other"; utime 1, 2, "other"; unlink "other";
			print for glob "/etc/*.conf"; my @status = stat "/etc/passwd"; system "true"; print qx(echo out);
			local $SIG{ALRM} = sub { print "alarm\n" }; alarm 1; select undef, undef, undef, 5;
			symlink "a", "b"; print readlink "b"; opendir my $d, "."; readdir $d; POSIX::_exit(2);`},
	},
	{
		name:    "gcc",
		part:    true,
		prepare: `printf '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n' >hello.c`,
		command: []string{"gcc", "-O2", "-o", "hello", "hello.c"},
	},
	{
		name:    "node",
		command: []string{"node", "-e", nodeProgram},
	},
	{
		name:    "curl",
		needs:   []string{"python3", "sh"},
		prepare: makeTree,
		command: []string{"curl", "-sS", "--retry", "20", "--retry-connrefused", "--retry-delay", "1",
			"-o", "first", "http://127.0.0.1:18080/1", "--next", "-sS", "-I", "http://localhost:18080/missing"},
		drive: `
			python3 -m http.server --bind 127.0.0.1 --directory tree 18080 &
			server=$!
			until test -s first; do sleep 0.1; done
			sleep 1
			kill $server`,
	},
	{
		name:    "redis",
		needs:   []string{"redis-cli", "redis-benchmark"},
		command: []string{"redis-server", "--port", "0", "--unixsocket", "socket", "--dir", ".", "--save", "3600 1"},
		drive: `
			until redis-cli -s socket ping >/dev/null 2>&1; do sleep 0.1; done
			redis-benchmark -s socket -q -n 100 -c 5 -t set,get,lpush,lrange_100
			redis-cli -s socket bgsave
			sleep 1
			redis-cli -s socket shutdown save || true`,
	},
	{
		name:    "nginx",
		needs:   []string{"curl"},
		prepare: makeTree + nginxConfiguration,
		command: []string{"nginx", "-p", ".", "-e", "error.log", "-c", "nginx.conf"},
		drive: `
			until test -s nginx.pid && curl -s --unix-socket socket -o page http://localhost/1; do sleep 0.1; done
			for i in 1 2 3 4 5; do
				curl -s --unix-socket socket -o page "http://localhost/[1-3]" -o other http://localhost/missing
			done
			kill -HUP "$(cat nginx.pid)"
			sleep 1
			curl -s --unix-socket socket -o page http://localhost/a/b/2
			kill -QUIT "$(cat nginx.pid)"`,
	},
	{
		name:  "postgres",
		user:  "postgres",
		needs: []string{"postgres", "initdb", "pgbench", "pg_ctl", "pg_isready"},
		prepare: `
			initdb -D data -A trust -N >/dev/null
			pg_ctl -D data -w -o "-k $HOME -c listen_addresses=" -l setup.log start
			pgbench -h "$HOME" -i -s 1 -q postgres
			pg_ctl -D data -w stop`,
		command: []string{"sh", "-c", `exec postgres -D data -k "$HOME" -c listen_addresses=127.0.0.1 -p 15432`},
		drive: `
			until pg_isready -q -h "$HOME" -p 15432; do sleep 0.2; done
			pgbench -h "$HOME" -p 15432 -c 2 -t 10 postgres
			pgbench -h 127.0.0.1 -p 15432 -S -t 5 postgres
			kill -INT "$(head -1 data/postmaster.pid)"`,
	},
	{
		name:    "go",
		prepare: goProgram + `go build -o first .`,
		command: []string{"go", "build", "-o", "second", "."},
	},
	{
		name:    "gorun",
		prepare: goProgram + `go build -o program .`,
		command: []string{"./program"},
	},
	{
		name:    "jobs",
		needs:   []string{"dash", "sleep"},
		prepare: jobScript + "\nmkfifo keys\n",
		command: []string{"script", "-qfec", "dash jobs", "/dev/null"},
		input:   "keys",
		drive: `
			exec 4<>keys
			until grep -q now .output; do sleep 0.1; done
			sleep 0.3
			printf '\003' >&4
			sleep 1`,
	},
	{
		name: "sqlite",
		command: []string{"sqlite3", "data.db", `
			pragma journal_mode=wal; create table t(a primary key, b);
			with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
			insert into t select i, hex(randomblob(20)) from n;
			select count(*), sum(a) from t; create index b on t(b); vacuum; .quit`},
	},
	{
		name: "crash",
		part: true, programs: []string{"crash"},
		command: []string{"sh", "-c", "$BIN/crash; echo $?; exec $BIN/crash"},
	},
	ours("daemon"),
	ours("threads"),
	ours("uring"),
	ours("sockets"),
	ours("polling"),
	ours("timers"),
	ours("signals"),
	ours("files"),
	ours("processes"),
	ours("memory"),
	ours("kernel"),
	ours("mounts"),
	ours("ipc"),
	ours("ioctls"),
	ours("failures"),
	ours("files32"),
	ours("sockets32"),
	ours("signals32"),
	ours("processes32"),
	ours("ipc32"),
	ours("ioctls32"),
	ours("timers32"),
	ours("polling32"),
}

// ours is a program of programs/ that makes calls of one kind on purpose.
func ours(name string) *workload {
	return &workload{name: name, part: true, programs: []string{name}, command: []string{"@" + name}}
}
