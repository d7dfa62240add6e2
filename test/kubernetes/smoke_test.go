//go:build cluster

package kubernetes

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestCluster shows that the cluster is one, without the agent: a pod runs, its
// log is read, commands run in it, its port is reached.
func TestCluster(t *testing.T) {
	pod := run(t, newPod("server", "sh", "-c",
		`echo "$HOSTNAME serves"; mkdir /www; echo hello >/www/index.html; exec httpd -f -p 127.0.0.1:80 -h /www`))
	eventually(t, "the pod's log", func() error {
		text, err := shared.Kubectl(t.Context(), "logs", "--namespace", pod.Namespace, pod.Name)
		if err == nil && text != "server serves\n" {
			err = fmt.Errorf("it is %q", text)
		}
		return err
	})
	if text := kubectl(t, "exec", "--namespace", pod.Namespace, pod.Name, "--", "sh", "-c", `echo "3*7*2" | bc`); text != "42\n" {
		t.Errorf("the command in the pod printed %q, want 42", text)
	}

	forward := shared.KubectlCommand("port-forward", "--namespace", pod.Namespace, pod.Name, ":80")
	lines, err := forward.StdoutPipe()
	must(t, err)
	must(t, forward.Start())
	defer func() {
		_ = forward.Process.Kill()
		_ = forward.Wait()
	}()
	// Forwarding from 127.0.0.1:41234 -> 80
	line, err := bufio.NewReader(lines).ReadString('\n')
	must(t, err)
	address, _, found := strings.Cut(strings.TrimPrefix(line, "Forwarding from "), " ")
	if !found {
		t.Fatalf("kubectl port-forward printed %q", line)
	}
	eventually(t, "the forwarded port", func() error {
		answer, err := http.Get("http://" + address)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && string(text) != "hello\n" {
			err = fmt.Errorf("it answers %q", text)
		}
		return err
	})
}

// TestAgentOnTwoNodes shows that the agent is installed, and follows new nodes.
func TestAgentOnTwoNodes(t *testing.T) {
	agent(t)
	node := addNode(t, "node2")
	agentReady(t)
	first, second := agentProcess(t, "node1"), agentProcess(t, node.Name())
	if first == second {
		t.Errorf("both nodes have process %d", first)
	}
}
