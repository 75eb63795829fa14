package output

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"hermes/oneshot/class"
)

// events are the closed list of v 1.
func events() []Event {
	return []Event{
		RunStart{},
		RequestStart{},
		RequestEnd{},
		TextDelta{},
		ReasoningDelta{},
		Retry{},
		Fallback{},
		AuthRefresh{},
		SchemaInvalid{},
		ToolList{},
		ToolCall{},
		ToolResult{},
		Warning{},
		BatchProgress{},
		RunEnd{},
	}
}

// Schema prints the JSON Schema (2020-12) of "events", a line of the event stream; "result", the run.end event alone;
// "batch", a result of a batch, with its request and the status of a provider's own under $defs;
// "tools" or "tool-output", what hermes tool list and call print with --json. It is derived from the Go types. Fields may be added within a v, so unknown ones pass.
func Schema(name string) ([]byte, error) {
	var doc map[string]any
	switch name {
	case "events":
		var all []any
		for _, e := range events() {
			all = append(all, eventSchema(e))
		}
		doc = map[string]any{"oneOf": all}
	case "result":
		doc = eventSchema(RunEnd{})
	case "batch":
		doc = structSchema(reflect.TypeFor[BatchRow]())
		request := structSchema(reflect.TypeFor[BatchRequest]())
		request["additionalProperties"] = false
		doc["$defs"] = map[string]any{"request": request, "status": structSchema(reflect.TypeFor[BatchStatus]())}
	case "tools":
		doc = structSchema(reflect.TypeFor[ToolListing]())
	case "tool-output":
		doc = structSchema(reflect.TypeFor[ToolOutput]())
	default:
		return nil, fmt.Errorf("no schema named %q", name)
	}
	return titled(name, doc)
}

// SchemaOf is the schema of a value of another type, under a name.
func SchemaOf(name string, t reflect.Type) ([]byte, error) { return titled(name, typeSchema(t)) }

func titled(name string, doc map[string]any) ([]byte, error) {
	doc["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	doc["title"] = "hermes " + name
	raw, err := json.MarshalIndent(doc, "", "  ")
	return append(raw, '\n'), err
}

// Types are the types of the events, in the order of the schema.
func Types() []string {
	var all []string
	for _, e := range events() {
		all = append(all, e.Type())
	}
	return all
}

func eventSchema(e Event) map[string]any {
	s := structSchema(reflect.TypeOf(e))
	props := s["properties"].(map[string]any)
	props["v"] = map[string]any{"const": 1}
	props["type"] = map[string]any{"const": e.Type()}
	props["seq"] = map[string]any{"type": "integer", "minimum": 0}
	props["ts"] = map[string]any{"type": "string", "pattern": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`}
	props["run"] = map[string]any{"type": "string", "pattern": `^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`}
	required, _ := s["required"].([]string)
	s["required"] = append([]string{"v", "type", "seq", "ts", "run"}, required...)
	return s
}

func structSchema(t reflect.Type) map[string]any {
	props, required := map[string]any{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || name == "" {
			continue
		}
		s := typeSchema(f.Type)
		describe(s, f)
		props[name] = s
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": props, "required": required}
}

// describe adds what the field's tags say.
func describe(s map[string]any, f reflect.StructField) {
	if words := f.Tag.Get("enum"); words != "" {
		s["enum"] = strings.Split(words, ",")
	}
	if f.Tag.Get("pattern") == "money" {
		s["pattern"] = `^\d+(\.\d+)?$`
	}
	if d := f.Tag.Get("desc"); d != "" {
		s["description"] = d
	}
}

func typeSchema(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[class.Class]():
		return map[string]any{"type": "string", "enum": class.All()}
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[Texts]():
		return map[string]any{"type": []string{"string", "array", "null"}, "items": map[string]any{"type": "string"}}
	case t == reflect.TypeFor[json.RawMessage]():
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		s := typeSchema(t.Elem())
		if kind, ok := s["type"].(string); ok {
			s["type"] = []string{kind, "null"}
		}
		return s
	case reflect.Struct:
		if t == reflect.TypeFor[Usage]() {
			return usageSchema()
		}
		return structSchema(t)
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": typeSchema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": typeSchema(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	}
	return map[string]any{"type": "integer"}
}

// usageSchema does not go into the fields of Usage that are a Usage themselves.
func usageSchema() map[string]any {
	type flat struct {
		InputTokens      int64 `json:"input_tokens"`
		OutputTokens     int64 `json:"output_tokens"`
		CacheReadTokens  int64 `json:"cache_read_tokens"`
		CacheWriteTokens int64 `json:"cache_write_tokens"`
		ReasoningTokens  int64 `json:"reasoning_tokens" desc:"part of output_tokens"`
		TotalTokens      int64 `json:"total_tokens"`
	}
	s := structSchema(reflect.TypeFor[flat]())
	props := s["properties"].(map[string]any)
	props["auxiliary"] = map[string]any{"type": []string{"object", "null"}, "description": "the share of auxiliary requests"}
	props["by_model"] = map[string]any{"type": "object", "description": "sums to the numbers above"}
	return s
}
