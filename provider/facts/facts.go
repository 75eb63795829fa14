// Package facts knows what models.dev knows of models: windows, limits, images, documents, reasoning, prices. It reads the file that
// Hermes Agent keeps in the home, and fetches it anew.
//
// The file is some 3 MB of JSON, provider by provider. A run that needs one model of it must not pay for all: the provider is looked
// for in blocks of the file, and only its own part is read as JSON. A file that is missing, cut or no JSON knows nothing; that is no
// error, since it is a cache that either program may be replacing.
package facts

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"hermes/provider/config"
	"hermes/provider/rows"
)

// File is the name of the cache in the home, as Hermes Agent writes it.
const File = "models_dev_cache.json"

const space = " \t\r\n"

const (
	block   = 128 << 10 // bytes that are searched at once
	maxPart = 16 << 20  // no provider's part is as long
)

// Lookup is what the file in the home knows of a model; provider is its id at models.dev. The limit of an answer is the model's own.
// False where the file knows nothing.
func Lookup(home, provider, model string) (rows.Model, bool) {
	path := filepath.Join(home, File)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // the open of a pipe would wait
		return rows.Model{}, false
	}
	f, err := os.Open(path)
	if err != nil {
		return rows.Model{}, false
	}
	defer f.Close()
	raw := find(f, provider, model)
	var e entry
	if raw == "" || json.Unmarshal([]byte(raw), &e) != nil {
		return rows.Model{}, false
	}
	return e.model(model), true
}

// find gives the JSON of a model, "" where the provider is not there or has none of that name. The provider's object is the one of
// that name that holds "models": a model may have the name of a provider, too.
func find(f io.ReaderAt, provider, model string) string {
	name := []byte(strconv.Quote(provider))
	start := name[:min(len(name), 8)] // bytes.Index is three times as fast up to eight bytes: BenchmarkLookup
	buffer := make([]byte, block+len(name))
	for at := int64(0); ; {
		n, err := f.ReadAt(buffer, at)
		i := bytes.Index(buffer[:n], start)
		switch {
		case i >= 0:
			at += int64(i)
			if bytes.HasPrefix(buffer[i:n], name) || i+len(name) > n {
				if raw, ok := member(f, at, name, model); ok {
					return raw
				}
			}
			at += int64(len(start))
		case err != nil:
			return ""
		default:
			at += block
		}
	}
}

// member reads the value behind the name at the offset: false where that name is not there, or the value is no object with "models". More
// of the file is read as long as the model is not found and the object goes on.
func member(f io.ReaderAt, at int64, name []byte, model string) (raw string, ok bool) {
	for size := 2 * block; ; size *= 4 {
		part := make([]byte, size)
		n, err := f.ReadAt(part, at)
		part, found := bytes.CutPrefix(part[:n], name)
		part, colon := bytes.CutPrefix(bytes.TrimLeft(part, space), []byte(":"))
		part = bytes.TrimLeft(part, space)
		if !found || !colon || !bytes.HasPrefix(part, []byte("{")) {
			return "", false
		}
		models := gjson.GetBytes(part, "models")
		models.ForEach(func(key, value gjson.Result) bool {
			if key.String() == model && value.IsObject() && gjson.Valid(value.Raw) {
				raw = value.Raw
			}
			return raw == ""
		})
		whole := err != nil || size > maxPart || gjson.Valid(models.Raw)
		if raw != "" || whole {
			return raw, models.IsObject()
		}
	}
}

// entry is a model as models.dev describes it. Source: its api.json, and packages/core/src/schema.ts of anomalyco/models.dev.
type entry struct {
	Reasoning        *bool `json:"reasoning"`
	ReasoningOptions []struct {
		Type string `json:"type"`
	} `json:"reasoning_options"`
	Modalities struct {
		Input []string `json:"input"`
	} `json:"modalities"`
	Limit struct {
		Context float64 `json:"context"`
		Output  float64 `json:"output"`
	} `json:"limit"`
	Cost struct {
		cost
		Tiers []struct {
			cost
			Tier struct {
				Size float64 `json:"size"`
			} `json:"tier"`
		} `json:"tiers"`
		Over200k *cost `json:"context_over_200k"`
	} `json:"cost"`
}

// cost is USD per million tokens.
type cost struct {
	Input      *float64 `json:"input"`
	Output     *float64 `json:"output"`
	CacheRead  *float64 `json:"cache_read"`
	CacheWrite *float64 `json:"cache_write"`
}

func (e entry) model(id string) rows.Model {
	m := rows.Model{
		ID: id, Context: int(e.Limit.Context), MaxOutput: int(e.Limit.Output), Price: e.Cost.price(), Thinking: e.thinking(),
		Images: slices.Contains(e.Modalities.Input, "image"), PDF: slices.Contains(e.Modalities.Input, "pdf"),
		NoReasoning: e.Reasoning != nil && !*e.Reasoning,
	}
	switch {
	case len(e.Cost.Tiers) > 0 && e.Cost.Tiers[0].Tier.Size > 0:
		m.LongOver, m.LongPrice = int(e.Cost.Tiers[0].Tier.Size), e.Cost.Tiers[0].price()
	case e.Cost.Over200k != nil:
		m.LongOver, m.LongPrice = 200_000, e.Cost.Over200k.price()
	}
	return m
}

// thinking is the form in which the Messages API takes an effort: a budget where the model knows one, else an effort, else a switch.
func (e entry) thinking() rows.Thinking {
	forms := map[string]rows.Thinking{"budget_tokens": rows.ThinkBudget, "effort": rows.ThinkEffort, "toggle": rows.ThinkAdaptive}
	best := rows.Thinking("")
	for _, o := range e.ReasoningOptions {
		form := forms[o.Type]
		if form == rows.ThinkBudget || form == rows.ThinkEffort && best != rows.ThinkBudget || best == "" {
			best = form
		}
	}
	return cmp.Or(best, rows.ThinkBudget)
}

func (c cost) price() config.Price {
	text := func(v *float64) string {
		if v == nil || *v < 0 {
			return ""
		}
		return strconv.FormatFloat(*v, 'f', -1, 64)
	}
	return config.Price{Input: text(c.Input), Output: text(c.Output), CacheRead: text(c.CacheRead), CacheWrite: text(c.CacheWrite)}
}
