// Package deploy has what puts traceloop onto machines and clusters: the systemd
// unit, the container image, the Helm chart, plain manifests made from it.
package deploy

//go:generate ../scripts/generate-manifests
