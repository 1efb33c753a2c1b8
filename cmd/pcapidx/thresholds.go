package main

import (
	"errors"
	"os"

	"github.com/spf13/pflag"

	"pcapidx/ingest/diag"
	"pcapidx/query"
)

// readThresholds reads the limits of the diagnostics from a file, if one is named.
func (a *app) readThresholds(path string) error {
	return thresholdFile(path, func(data []byte) error {
		t, err := diag.ParseThresholds(data)
		a.thresholds = &t
		return err
	})
}

// readObserving reads the limits of observations from a file, if one is named.
func (a *app) readObserving(path string) error {
	return thresholdFile(path, func(data []byte) error {
		t, err := query.ParseObservationThresholds(data)
		a.observing = &t
		return err
	})
}

// thresholdFile gives what is in a file to parse, unless no file is named.
func thresholdFile(path string, parse func(data []byte) error) error {
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return &query.Error{Kind: query.NotFound, Msg: err.Error(), Err: err}
	}
	err = parse(data)
	var unknown *diag.UnknownThreshold
	switch {
	case errors.As(err, &unknown):
		e := query.UnknownWord("threshold", unknown.Name, unknown.Known)
		e.Msg, e.Err = path+": "+e.Msg, err
		return e
	case err != nil:
		return &query.Error{Kind: query.BadRequest, Msg: path + ": " + err.Error(), Err: err}
	}
	return nil
}

// thresholdsFlag defines the flag of such a file.
func thresholdsFlag(f *pflag.FlagSet, path *string) {
	f.StringVar(path, "thresholds", "", "JSON file with limits of observations, such as {\"SweepHosts\": 10, \"DHCPServers\": [\"192.0.2.1\"]}")
}

// observe gives an engine the limits of observations that were read.
func (a *app) observe(e *query.Engine) *query.Engine {
	if a.observing == nil {
		return e
	}
	return e.WithThresholds(*a.observing)
}
