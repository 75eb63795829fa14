package batch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/messages"
	"hermes/oneshot/output"
	"hermes/oneshot/strict"
	"hermes/oneshot/wire"
)

// request is a line of the input, whatever form it has there.
type request struct {
	output.BatchRequest
	turns []wire.Turn // the conversation of Messages
	// theirs marks a row of a provider's batch file. Its model is the one of that provider, so that --model wins.
	theirs bool
}

// rowHint is the advice for a row that cannot be read.
const rowHint = "a row is a JSON string, or an object with the keys that hermes schema batch lists under $defs.request"

// parse reads a row. With an error the request still has its id, where one could be read.
func parse(line []byte) (request, error) {
	var req request
	if err := checkText(line); err != nil {
		return req, err
	}
	if line[0] == '"' {
		err := json.Unmarshal(line, &req.Prompt)
		return req, errors.Join(err, req.check())
	}
	row := strict.Open("", line)
	if row.Has("custom_id") {
		req.ID, req.theirs = row.Raw("custom_id"), true
		if row.Has("params") {
			anthropicRow(row, &req)
		} else {
			openAIRow(row, &req)
		}
	} else {
		ownRow(row, &req)
	}
	if err := row.End(); err != nil {
		return req, err
	}
	return req, req.check()
}

// label is an id as a string, "" for none. A number is one by its digits.
func label(raw json.RawMessage) string {
	var id string
	if len(raw) == 0 || json.Unmarshal(raw, &id) == nil {
		return id
	}
	return string(raw)
}

// ownRow reads a row of ours.
func ownRow(row *strict.Object, req *request) {
	row.Struct(&req.BatchRequest)
	if req.Messages != nil {
		row.Fail(req.converse("messages"))
	}
}

// openAIRow reads a row of OpenAI's batch file. vLLM, Groq, Azure write the same; Mistral leaves out method and url.
func openAIRow(row *strict.Object, req *request) {
	row.Want("method", `"POST"`)
	url := "/v1/chat/completions"
	row.Take("url", &url)
	body := row.Object("body")
	switch {
	case body == nil:
		row.Fail(errors.New("the row has neither body nor params"))
	case strings.HasSuffix(url, "/chat/completions"):
		chatBody(body, req)
		row.Fail(body.End())
	case strings.HasSuffix(url, "/responses"):
		responsesBody(body, req)
		row.Fail(body.End())
	default:
		row.Fail(fmt.Errorf("the key \"url\" is %q; a row can ask /v1/chat/completions or /v1/responses", url))
	}
}

func chatBody(b *strict.Object, req *request) {
	b.Take("model", &req.Model)
	conversation(b, "messages", req)
	b.Take("max_tokens", &req.MaxTokens)
	b.Take("max_completion_tokens", &req.MaxTokens)
	sampling(b, req)
	b.Take("stop", &req.Stop)
	b.Take("reasoning_effort", &req.Reasoning)
	b.Want("n", "1")
	if f := b.Object("response_format"); f != nil {
		format(f, f.Object("json_schema"), req)
		b.Fail(f.End())
	}
}

func responsesBody(b *strict.Object, req *request) {
	b.Take("model", &req.Model)
	b.Take("instructions", &req.System)
	conversation(b, "input", req)
	b.Take("max_output_tokens", &req.MaxTokens)
	sampling(b, req)
	if r := b.Object("reasoning"); r != nil {
		r.Take("effort", &req.Reasoning)
		b.Fail(r.End())
	}
	if t := b.Object("text"); t != nil {
		if f := t.Object("format"); f != nil {
			format(f, f, req)
			t.Fail(f.End())
		}
		b.Fail(t.End())
	}
}

// anthropicRow reads a row of the Message Batches API.
func anthropicRow(row *strict.Object, req *request) {
	p := row.Object("params")
	p.Take("model", &req.Model)
	if path, raw := p.Path("system"), p.Raw("system"); raw != nil {
		text, err := messages.Text(path, raw)
		p.Fail(err)
		req.System = &text
	}
	conversation(p, "messages", req)
	p.Take("max_tokens", &req.MaxTokens)
	sampling(p, req)
	p.Take("stop_sequences", &req.Stop)
	if c := p.Object("output_config"); c != nil {
		c.Take("effort", &req.Reasoning)
		if f := c.Object("format"); f != nil {
			format(f, f, req)
			c.Fail(f.End())
		}
		p.Fail(c.End())
	}
	row.Fail(p.End())
}

// conversation takes the messages. The Responses API takes a string in their place.
func conversation(o *strict.Object, name string, req *request) {
	req.Messages = o.Raw(name)
	if req.Messages == nil || name == "input" && json.Unmarshal(req.Messages, &req.Prompt) == nil {
		return
	}
	o.Fail(req.converse(o.Path(name)))
}

// converse reads the messages, which stand at the path.
func (req *request) converse(path string) error {
	said, err := messages.Read(path, req.Messages)
	req.turns = said.Turns
	switch {
	case err != nil || said.System == "":
		return err
	case req.System != nil:
		return fmt.Errorf("the key %q holds a system text, and the row has another", path)
	}
	req.System = &said.System
	return nil
}

// sampling takes what all forms have alike.
func sampling(o *strict.Object, req *request) {
	o.Take("temperature", &req.Temperature)
	o.Take("top_p", &req.TopP)
	o.Want("stream", "false")
}

// format takes the schema of an answer: the object says the type, holder has the schema.
func format(o, holder *strict.Object, req *request) {
	var kind string
	o.Take("type", &kind)
	switch {
	case kind == "text":
	case kind == "json_schema" && holder != nil:
		for _, name := range []string{"name", "description", "strict"} {
			holder.Raw(name) // they change nothing about which answer fits
		}
		req.OutputSchema = holder.Raw("schema")
		if holder != o {
			o.Fail(holder.End())
		}
	default:
		o.Fail(fmt.Errorf("the key %q is %q; it can be text or json_schema", o.Path("type"), kind))
	}
}

// errNoPrompt is a row without a question.
var errNoPrompt = errors.New("the row has no prompt")

// levels are the efforts that --reasoning takes.
func levels() []string { return []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"} }

// check refuses a row that no request can be made of.
func (req request) check() error {
	switch {
	case req.MaxTokens != nil && *req.MaxTokens < 1:
		return fmt.Errorf("max_tokens %d: an answer has at least one token", *req.MaxTokens)
	case req.Reasoning != "" && !slices.Contains(levels(), req.Reasoning):
		return fmt.Errorf("reasoning %q: it is one of %s", req.Reasoning, strings.Join(levels(), ", "))
	case slices.Contains(req.Files, "-") || slices.Contains(req.Files, ""):
		return errors.New("files: a row names its files, and stdin is none")
	}
	return nil
}

// into puts the row's own settings over the batch's.
func (req request) into(ctx context.Context, job *oneshot.Job, o *Options) error {
	job.Keep = true
	in := input.Sources{Prompt: req.Prompt, Turns: req.turns, Files: o.found(req.Files...), Template: job.Input.Template, Mode: "never"}
	switch {
	case in.Template != "":
		in.Vars = maps.Clone(job.Input.Vars)
		if in.Vars == nil {
			in.Vars = map[string]string{}
		}
		maps.Copy(in.Vars, req.Vars)
	case req.Vars != nil:
		return errors.New("vars are for --template, and there is none")
	case req.Prompt == "" && req.turns == nil && req.Files == nil:
		return errNoPrompt
	}
	job.Input = in
	req.params(&job.Params)
	if req.theirs && o.Model != "" {
		req.Model = ""
	}
	if req.Provider != "" || req.Model != "" {
		job.Targets = []oneshot.Candidate{o.Target(req.Provider, req.Model)} // a fallback would have another model
	}
	if req.Tools != nil {
		if err := req.narrow(job); err != nil {
			return err
		}
	}
	return req.schema(ctx, job, o)
}

// narrow leaves the row some of the tools that the line allows.
func (req request) narrow(job *oneshot.Job) (err error) {
	if job.Tools == nil {
		return errors.New("tools: a row can only name what --tools allows, and there is none")
	}
	job.Tools, err = job.Tools.Narrow(req.Tools)
	return err
}

// found are the files that a row names, in the folder of the rows.
func (o *Options) found(names ...string) []string {
	if o.Folder == "" {
		return names
	}
	all := slices.Clone(names)
	for i, name := range all {
		if !filepath.IsAbs(name) {
			all[i] = filepath.Join(o.Folder, name)
		}
	}
	return all
}

func (req request) params(p *oneshot.Params) {
	if req.System != nil {
		p.System = *req.System
	}
	if req.MaxTokens != nil {
		p.MaxTokens = *req.MaxTokens
	}
	if req.Temperature != nil {
		p.Temperature = req.Temperature
	}
	if req.TopP != nil {
		p.TopP = req.TopP
	}
	if req.Stop != nil {
		p.Stop = req.Stop
	}
	p.Reasoning = cmp.Or(req.Reasoning, p.Reasoning)
}

// schema compiles the schema of the row, or of the file that it names.
func (req request) schema(ctx context.Context, job *oneshot.Job, o *Options) (err error) {
	if req.OutputSchema == nil {
		return nil
	}
	name, raw := "of the row", []byte(req.OutputSchema)
	var file string
	if json.Unmarshal(raw, &file) == nil {
		name = file
		if raw, err = job.Input.Setting(ctx, "output_schema", o.found(file)[0]); err != nil {
			return err
		}
	}
	job.Schema, err = oneshot.NewSchema(name, raw)
	return err
}

// refused is the error of a row that is not asked.
func refused(line int, err error) error {
	c := class.InvalidInput
	if errors.Is(err, errNoPrompt) || class.Is(err, class.NoInput) {
		c = class.NoInput
	}
	return &input.Error{ErrClass: c, Msg: fmt.Sprintf("line %d: %v", line, err), Advice: rowHint}
}
