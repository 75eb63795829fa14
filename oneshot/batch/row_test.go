package batch

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/oneshot/output"
)

// forms are rows, each with a part of the body that it sends, or of its error.
func forms(t *testing.T) map[string]string {
	dir := t.TempDir()
	name := func(file, content string) string {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := name("bad.json", `{"type":7}`)
	note, schema := name("note.txt", "from the file"), name("schema.json", `{"type":"object","title":"of the file"}`)
	return map[string]string{
		`{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"},{"role":"user","content":"z"}]}`:             `{"role":"assistant","content":[{"type":"text","text":"y"}]}`,
		`{"messages":[{"role":"user","content":"x"}],"prompt":"z"}`:                                                                 `"x"}]},{"role":"user","content":[{"type":"text","text":"z"}]}`,
		`{"messages":[{"role":"system","content":"S"},{"role":"user","content":"x"}]}`:                                              `"system":"S"`,
		`{"messages":[{"role":"system","content":"S"},{"role":"user","content":"x"}],"system":"T"}`:                                 `holds a system text, and the row has another`,
		`{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":""}}]}]}`: `takes none`,
		`{"prompt":"x","files":["` + note + `"]}`:                                                                                   `from the file`,
		`{"prompt":"x","files":["-"]}`:                                            `stdin is none`,
		`{"prompt":"x","files":["` + dir + `/gone"]}`:                             `cannot open`,
		`{"prompt":"x","stop":"END","top_p":0.5}`:                                 `"top_p":0.5,"stop_sequences":["END"]`,
		`{"prompt":"x","stop":["a","b"]}`:                                         `"stop_sequences":["a","b"]`,
		`{"prompt":"x","reasoning":"huge"}`:                                       `reasoning "huge": it is one of`,
		`{"prompt":"x","output_schema":{"title":"inline"}}`:                       `{\"title\":\"inline\"}`,
		`{"prompt":"x","output_schema":"` + schema + `"}`:                         `of the file`,
		`{"prompt":"x","output_schema":"` + bad + `"}`:                            `--output-schema ` + bad,
		`{"prompt":"x","reasoning":"low"}`:                                        `"thinking":{"type":"enabled","budget_tokens":`,
		`{"prompt":"x","output_schema":{"type":7}}`:                               `--output-schema of the row`,
		`{"prompt":"x","output_schema":"` + dir + `/gone"}`:                       `output_schema: `,
		`{"prompt":"x","vars":{"a":"b"}}`:                                         `vars are for --template`,
		`{"prompt":"x","provider":"p2","model":"m2"}`:                             `"model":"m2"`,
		`{"prompt":"x","tools":[]}`:                                               `a row can only name what --tools allows`,
		`{"prompt":"x","metadata":{"k":[1]}}`:                                     `"x"`,
		chat(`{"model":"m3","messages":[{"role":"user","content":"x"}]}`):         `"model":"m3"`,
		chat(`{"messages":[{"role":"user","content":"x"}],"max_tokens":7,"n":1}`): `"max_tokens":7`,
		chat(`{"messages":[{"role":"user","content":"x"}],"seed":7}`):             `unknown key "body.seed"`,
		chat(`{"messages":[{"role":"user","content":"x"}],"stream":true}`):        `the key "body.stream" can only be false`,
		chat(`{"messages":[{"role":"user","content":"x"}],"tools":[{}]}`):         `unknown key "body.tools"`,
		chat(`{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"title":"T"}}}}`):                                        `{\"title\":\"T\"}`,
		chat(`{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}`):                                                                                                        `"body.response_format.type" is "json_object"`,
		`{"custom_id":"c","body":{"messages":[{"role":"user","content":"of Mistral"}]}}`:                                                                                                                     `of Mistral`,
		`{"custom_id":"c","method":"POST","url":"/v1/embeddings","body":{"input":"x"}}`:                                                                                                                      `/v1/chat/completions or /v1/responses`,
		`{"custom_id":"c","method":"POST","url":"/v1/responses","body":{"input":"x","instructions":"I","max_output_tokens":9}}`:                                                                              `"max_tokens":9,"stream":true,"system":"I"`,
		`{"custom_id":"c","url":"/v1/responses","body":{"input":[{"role":"user","content":[{"type":"input_text","text":"x"}]}],"text":{"format":{"type":"json_schema","name":"n","schema":{"title":"T"}}}}}`: `{\"title\":\"T\"}`,
		`{"custom_id":"c"}`: `neither body nor params`,
		`{"custom_id":"c","params":{"model":"m4","max_tokens":5,"system":[{"type":"text","text":"S"}],"messages":[{"role":"user","content":"x"}],"stop_sequences":["E"]}}`: `{"model":"m4","max_tokens":5,"stream":true,"system":"S","stop_sequences":["E"]`,
		`{"custom_id":"c","params":{"messages":[{"role":"user","content":"x"}],"metadata":{"user_id":"u"}}}`:                                                               `unknown key "params.metadata"`,
	}
}

func chat(body string) string {
	return `{"custom_id":"c","method":"POST","url":"/v1/chat/completions","body":` + body + `}`
}

// members are more of them, of providers' batch files.
func members() map[string]string {
	return map[string]string{
		chat(`{"messages":[{"role":"user","content":"x"}],"max_completion_tokens":8,"temperature":0.3,"top_p":0.7,"stop":"E"}`):                            `"max_tokens":8,"stream":true,"temperature":0.3,"top_p":0.7,"stop_sequences":["E"]`,
		chat(`{"messages":[{"role":"user","content":"x"}],"reasoning_effort":"huge"}`):                                                                     `reasoning "huge"`,
		chat(`{"messages":[{"role":"user","content":"x"}],"max_tokens":0}`):                                                                                `max_tokens 0`,
		chat(`{"messages":[{"role":"user","content":"x"}],"max_tokens":1}`):                                                                                `"max_tokens":1,`,
		chat(`{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"text","zip":1}}`):                                                     `unknown key "body.response_format.zip"`,
		chat(`{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}}`):                                                      `it can be text or json_schema`,
		chat(`{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"zip":1}}}`):                              `unknown key "body.response_format.json_schema.zip"`,
		`{"custom_id":"c","url":"/v1/responses","body":{"input":"x","model":"m5","temperature":0.3,"reasoning":{"effort":"huge"}}}`:                        `reasoning "huge"`,
		`{"custom_id":"c","url":"/v1/responses","body":{"input":"x","model":"m5","temperature":0.3}}`:                                                      `{"model":"m5","max_tokens":10,"stream":true,"temperature":0.3`,
		`{"custom_id":"c","url":"/v1/responses","body":{"input":"x","zip":1}}`:                                                                             `unknown key "body.zip"`,
		`{"custom_id":"c","url":"/v1/responses","body":{"input":"x","reasoning":{"zip":1}}}`:                                                               `unknown key "body.reasoning.zip"`,
		`{"custom_id":"c","url":"/v1/responses","body":{"input":"x","text":{"zip":1}}}`:                                                                    `unknown key "body.text.zip"`,
		`{"custom_id":"c","url":"/v1/responses","body":{"input":"x","text":{"format":{"type":"text","zip":1}}}}`:                                           `unknown key "body.text.format.zip"`,
		`{"custom_id":"c","params":{"messages":[{"role":"user","content":"x"}],"top_p":0.7,"output_config":{"effort":"huge"}}}`:                            `reasoning "huge"`,
		`{"custom_id":"c","params":{"messages":[{"role":"user","content":"x"}],"top_p":0.7}}`:                                                              `"top_p":0.7`,
		`{"custom_id":"c","params":{"messages":[{"role":"user","content":"x"}],"system":7}}`:                                                               `params.system`,
		`{"custom_id":"c","params":{"messages":[{"role":"user","content":"x"}],"output_config":{"zip":1}}}`:                                                `unknown key "params.output_config.zip"`,
		`{"custom_id":"c","params":{"messages":[{"role":"user","content":"x"}],"output_config":{"format":{"type":"text","zip":1}}}}`:                       `unknown key "params.output_config.format.zip"`,
		`{"custom_id":"c","params":{"messages":[{"role":"user","content":"x"}],"output_config":{"format":{"type":"json_schema","schema":{"title":"T"}}}}}`: `{\"title\":\"T\"}`,
	}
}

// TestForms: what a row of each form sends, or why it is refused.
func TestForms(t *testing.T) {
	t.Parallel()
	all := forms(t)
	maps.Copy(all, members())
	for row, want := range all {
		var sent string
		var out bytes.Buffer
		err := Run(t.Context(), options(row, &out, func(r *http.Request) (*http.Response, error) {
			raw, err := io.ReadAll(r.Body)
			sent = string(raw)
			return reply(200, "{}"), err
		}))
		got := rowsOf(t, out.Bytes())[0]
		if got.Error != nil {
			sent += got.Error.Message
		}
		failed, _ := errors.AsType[*Error](err)
		if !strings.Contains(sent, want) || (failed != nil) != (got.Status != output.StatusOK) || strings.Contains(row, `"c"`) != (got.ID == "c") {
			t.Errorf("%s\n sent %s\n want %s\n %v, %+v", row, sent, want, err, got)
		}
		if strings.Contains(row, "metadata\":{\"k") && string(got.Metadata) != `{"k":[1]}` {
			t.Errorf("metadata %s", got.Metadata)
		}
	}
}

// TestModelOfTheirs: --model stands over the one of a provider's batch file, and below the one of a row of ours.
func TestModelOfTheirs(t *testing.T) {
	t.Parallel()
	in := `{"custom_id":"a","params":{"model":"claude","messages":[{"role":"user","content":"x"}]}}` + "\n" + `{"prompt":"x","model":"mine"}` + "\n"
	var sent []string
	o := options(in, io.Discard, func(r *http.Request) (*http.Response, error) {
		raw, err := io.ReadAll(r.Body)
		sent = append(sent, string(raw))
		return reply(200, "a"), err
	})
	o.Model, o.Jobs = "m", 1
	if err := Run(t.Context(), o); err != nil || !strings.Contains(sent[0], `"model":"m"`) || !strings.Contains(sent[1], `"model":"mine"`) {
		t.Errorf("%v, sent %q", err, sent)
	}
}

// TestOpenAIResult: what each end of a row is in OpenAI's form.
func TestOpenAIResult(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"fine"`:     `{"id":"batch_req_1","custom_id":"1","response":{"status_code":200,"request_id":"","body":{"id":"chatcmpl-1","object":"chat.completion","created":`,
		`"wrong"`:    `"response":{"status_code":400,"request_id":"","body":{"error":{`,
		`{"seed":1}`: `"response":null,"error":{"code":"invalid_input","message":"line 1: unknown key \"seed\""}}`,
	} {
		var out bytes.Buffer
		o := options(in, &out, func(r *http.Request) (*http.Response, error) {
			raw, err := io.ReadAll(r.Body)
			if strings.Contains(string(raw), "wrong") {
				return reply(400, ""), err
			}
			return reply(200, "a"), err
		})
		o.OpenAI = true
		_ = Run(t.Context(), o)
		if got := out.String(); !strings.Contains(got, want) || strings.Contains(in, "fine") && !strings.Contains(got, `"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000000,`) {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// TestOfAllRows: a row's own values stand over those of the line, its files are looked for beside the rows, and what it does not set
// stays as the line has it.
func TestOfAllRows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"template": "{{a}} {{b}} {{input}}", "note": "from the note"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		row, want string
		set       func(*Options)
	}{
		{`{"prompt":"x","vars":{"b":"row"}}`, `"line row x"`, func(o *Options) { o.Job.Input.Vars = map[string]string{"a": "line", "b": "line"} }},
		{`{"prompt":"x","vars":{"a":"r","b":"row"}}`, `"r row x"`, func(*Options) {}},
		{`{"prompt":"x","files":["note"]}`, "from the note", func(o *Options) { o.Job.Input.Template, o.Folder = "", dir }},
		{`{"prompt":"x","files":["` + dir + `/note"]}`, "from the note", func(o *Options) { o.Job.Input.Template, o.Folder = "", "elsewhere" }},
		{`"x"`, `"temperature":0.2,"top_p":0.4,"stop_sequences":["S"]`, func(o *Options) {
			o.Job.Input.Template = ""
			o.Job.Params.Temperature, o.Job.Params.TopP, o.Job.Params.Stop = new(0.2), new(0.4), []string{"S"}
		}},
		{`{"prompt":"x","temperature":0.1}`, `"temperature":0.1,"top_p":0.4`, func(o *Options) {
			o.Job.Input.Template = ""
			o.Job.Params.Temperature, o.Job.Params.TopP = new(0.2), new(0.4)
		}},
	} {
		var sent string
		o := options(c.row, io.Discard, func(r *http.Request) (*http.Response, error) {
			raw, err := io.ReadAll(r.Body)
			sent = string(raw)
			return reply(200, "a"), err
		})
		o.Job.Input.Template = filepath.Join(dir, "template")
		c.set(&o)
		if err := Run(t.Context(), o); err != nil || !strings.Contains(sent, c.want) {
			t.Errorf("%s: %v, sent %s, want %s", c.row, err, sent, c.want)
		}
	}
}

// TestOpenAIUsage: the prompt's tokens are all of them, from the cache or not.
func TestOpenAIUsage(t *testing.T) {
	t.Parallel()
	row := output.BatchRow{BatchEnd: output.BatchEnd{Status: output.StatusOK, Usage: &output.Usage{InputTokens: 1, CacheReadTokens: 2, CacheWriteTokens: 4, OutputTokens: 8, TotalTokens: 15}}}
	raw, err := encode(openAIResult(row))
	if err != nil || !strings.Contains(string(raw), `"usage":{"prompt_tokens":7,"completion_tokens":8,"total_tokens":15}`) {
		t.Errorf("%s, %v", raw, err)
	}
	row.Usage = nil
	if raw, err = encode(openAIResult(row)); err != nil || strings.Contains(string(raw), `"prompt_tokens"`) {
		t.Errorf("%s, %v", raw, err)
	}
}
