// Package api holds the definition of the daemon's API and what is generated
// from it.
package api

//go:generate ../scripts/generate-api
