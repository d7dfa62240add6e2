//go:build tools

// Package kubernetes pins the programs of Kubernetes that tests build: package
// cluster does, each by "go build k8s.io/kubernetes/cmd/NAME" in this directory.
// It is a module of its own, as Kubernetes wants other versions of modules than
// the rest, and nobody else needs it.
package kubernetes

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
	_ "k8s.io/kubernetes/cmd/kubectl"
	_ "k8s.io/kubernetes/cmd/kubelet"
)
