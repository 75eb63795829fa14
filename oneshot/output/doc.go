// Package output holds the events of a run, their JSON Schema, the encoders that write them (text, JSON, JSON lines), and stderr.
package output
