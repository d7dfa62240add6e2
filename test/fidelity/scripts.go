package main

// makeTree makes a small tree of files, links and a FIFO.
const makeTree = `
	mkdir -p tree/a/b tree/empty
	for i in 1 2 3; do
		seq -f 'line %g' 1000 >tree/$i
		cp tree/$i tree/a/b
	done
	ln -s ../1 tree/a/link
	ln tree/2 tree/hard
	mkfifo tree/fifo
	chmod 600 tree/1
	touch -d 2001-02-03 tree/a/b/1
	truncate -s 1M tree/sparse
	rm tree/fifo`

const pythonProgram = `
import asyncio, mmap, os, select, signal, socket, sqlite3, subprocess, tempfile, threading, time
database = sqlite3.connect("data.db")
database.execute("create table t(a, b)")
database.executemany("insert into t values(?, ?)", [(i, "x" * i) for i in range(200)])
database.commit()
print(database.execute("select sum(a), max(length(b)) from t").fetchall())
database.close()
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 0))
server.listen()
def serve():
    connection, _ = server.accept()
    connection.sendall(connection.recv(100).upper())
    connection.shutdown(socket.SHUT_WR)
    connection.close()
thread = threading.Thread(target=serve)
thread.start()
client = socket.create_connection(server.getsockname())
client.sendall(b"hello")
print(client.recv(100), client.getsockname()[0], client.getpeername()[0])
thread.join()
print(subprocess.run(["sort", "-r"], input=b"1\n2\n3\n", capture_output=True).stdout)
print(subprocess.run("exit 3", shell=True).returncode)
with tempfile.TemporaryFile() as file:
    file.truncate(8192)
    memory = mmap.mmap(file.fileno(), 8192)
    memory[:5] = b"hello"
    memory.flush()
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.bind(("::1", 0))
udp.sendto(b"to myself", udp.getsockname())
print(udp.recvfrom(100)[0])
lock = threading.Lock()
def work():
    for _ in range(20):
        with lock:
            time.sleep(0.001)
workers = [threading.Thread(target=work) for _ in range(4)]
[w.start() for w in workers]
[w.join() for w in workers]
async def main():
    process = await asyncio.create_subprocess_exec("echo", "asynchronous", stdout=asyncio.subprocess.PIPE)
    print(await process.communicate())
    await asyncio.sleep(0.01)
asyncio.run(main())
poll = select.epoll()
left, right = socket.socketpair()
poll.register(left, select.EPOLLIN)
right.send(b"x")
print(poll.poll(1))
signal.signal(signal.SIGALRM, lambda *_: print("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.pause()
`

const nodeProgram = `
const fs = require("fs"), http = require("http"), path = require("path"), child = require("child_process");
fs.mkdirSync("d", {recursive: true});
fs.writeFileSync("d/file", "x".repeat(1000));
fs.readdirSync("/etc").forEach(name => fs.statSync(path.join("/etc", name), {throwIfNoEntry: false}));
fs.promises.readFile("d/file").then(async data => {
	const watcher = fs.watch("d", () => {});
	await fs.promises.rename("d/file", "d/other");
	await fs.promises.copyFile("d/other", "d/copy");
	watcher.close();
	console.log(child.execFileSync("echo", ["child"]).toString());
	const server = http.createServer((request, response) => response.end("hello"));
	server.listen(0, "127.0.0.1", () => {
		http.get({port: server.address().port, host: "127.0.0.1"}, response => {
			response.on("data", chunk => console.log(chunk.toString()));
			response.on("end", () => { server.close(); fs.rmSync("d", {recursive: true}); process.exit(0); });
		});
	});
});
`

const nginxConfiguration = `
	chmod 755 .
	cat >nginx.conf <<END
worker_processes 2;
pid nginx.pid;
user root;
daemon on;
events { worker_connections 64; }
http {
	access_log access.log;
	client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fast; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	server {
		listen unix:$HOME/socket;
		listen 127.0.0.1:18081;
		root $HOME/tree;
		sendfile on;
		gzip on;
		gzip_types *;
	}
}
END`

const goProgram = `
	cat >go.mod <<END
module example
go 1.24
END
	cat >main.go <<END
package main

import (
	"fmt"
	"os"
	"sync"
)

func main() {
	var group sync.WaitGroup
	for i := range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			data, _ := os.ReadFile("go.mod")
			fmt.Println(i, len(data))
		}()
	}
	group.Wait()
}
END
`

// jobScript is a script that uses all of job control, on a terminal.
const jobScript = `
	cat >jobs <<'END'
set -m
sleep 100 &
jobs
kill %1
wait %1
sh -c 'kill -STOP $$; exit 3'
jobs -l
fg
trap 'echo trapped' INT
kill -INT $$
trap '' TERM
kill -TERM $$
sleep 0.2 | cat &
bg %1
wait
stty -a
echo now
sleep 100
exit 4
END`
