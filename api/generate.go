// Package api holds the definition of the daemon's API and of the Trace resource, and what is generated
// from it.
package api

//go:generate ../scripts/generate-api
//go:generate ../scripts/generate-trace-api
