// Package output is the mouth of hermes: the events of a run, their encoders and their schema.
package output
