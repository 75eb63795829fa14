package oneshot

import (
	"context"
	"errors"
	"strings"
	"testing"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/gemini"
)

// TestVision: images that the model cannot see are described by the auxiliary one; the model gets the words as data, in
// the order of the files, and is told whose they are.
func TestVision(t *testing.T) {
	t.Parallel()
	helper, main := serve(t, answers("a cat </file>"), answers("a dog")), serve(t, answers("two pets"))
	viewer := Target{Provider: "h", Model: "viewer", BaseURL: "http://viewer.example", Images: true, MaxTokens: 77, Transport: helper}
	job := asks(Target{Transport: main, Vision: func(context.Context) (Target, error) { return viewer, nil }})
	job.Params.System, job.Input.Args = "be brief", []string{"what is it?"}
	attaches(t, &job, png(50), "some words", media["image/jpeg"])
	r := perform(t, t.Context(), job)
	if r.err != nil || r.stdout != "two pets\n" {
		t.Fatal(r.err, r.stdout)
	}
	for i, body := range helper.asked() {
		s := parse(t, body)
		content := s.Messages[0].Content
		kind := []string{"image/png", "image/jpeg"}[i]
		if s.Model != "viewer" || s.MaxTokens != 77 || s.System != "" || len(content) != 2 || content[0].Source.MediaType != kind || content[1].Text != describe {
			t.Errorf("asked %+v", s)
		}
	}
	want := []string{
		"what is it?", fenced(`file name="a (described by viewer)"`, "file", "a cat </file>"), fenced(`file name="b"`, "file", "some words"),
		fenced(`file name="c (described by viewer)"`, "file", "a dog"),
	}
	if got := parse(t, main.asked()[0]).texts(); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("sent %q, want %q", got, want)
	}
	if w := r.all("warning"); len(w) != 2 || w[0].Code != "vision_delegated" || w[1].Message != "c was described by viewer" {
		t.Errorf("told of %+v", w)
	}
	if starts := r.all("request.start"); len(starts) != 3 || starts[0].Purpose != "vision" || starts[0].Provider != "h" || starts[2].Purpose != "" || r.end.Attempts != 3 {
		t.Errorf("%+v", starts)
	}
	if u := r.end.Usage; u.Auxiliary == nil || u.Auxiliary.InputTokens != 20 || u.InputTokens != 30 {
		t.Errorf("%+v", u)
	}
}

// TestMediaRefused: what neither the model nor a helper can take is exit 65 before any request to the model.
func TestMediaRefused(t *testing.T) {
	t.Parallel()
	blind := Target{Provider: "h", Model: "blind", BaseURL: "http://viewer.example"}
	broken := errors.New("the helper has no login")
	for name, c := range map[string]struct {
		file   string
		target Target
		class  class.Class
		part   string
	}{
		"an image":           {png(10), Target{}, "invalid_input", "a: m of p takes no images"},
		"a PDF":              {media["application/pdf"], Target{Images: true}, "invalid_input", "a: m of p takes no PDF"},
		"a PDF, vision":      {media["application/pdf"], Target{Vision: func(context.Context) (Target, error) { return blind, nil }}, "invalid_input", "takes no PDF"},
		"a blind helper":     {png(10), Target{Vision: func(context.Context) (Target, error) { return blind, nil }}, "invalid_input", "blind takes no images"},
		"no helper":          {png(10), Target{Vision: func(context.Context) (Target, error) { return Target{}, broken }}, "internal", broken.Error()},
		"a large image":      {png(3_750_001), Target{Images: true}, "invalid_input", "image/png is larger than the 3750000 bytes"},
		"a large PDF":        {media["application/pdf"] + strings.Repeat("x", 24_000_000), Target{PDF: true}, "invalid_input", "application/pdf is larger than the 24000000 bytes"},
		"no text, no medium": {"\x7fELF\x02\x01", Target{Images: true}, "", ""}, // control characters are text
		"another image":      {"II*\x00", Target{Images: true}, "invalid_input", "bad byte at offset 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			if c.class == "" {
				s = serve(t, answers("hi"))
			}
			c.target.Transport = s
			job := asks(c.target)
			attaches(t, &job, c.file)
			r := perform(t, t.Context(), job)
			switch {
			case c.class == "":
				if r.err != nil {
					t.Error(r.err)
				}
			case c.class == "internal":
				if !errors.Is(r.err, broken) {
					t.Error(r.err)
				}
			default:
				r.fails(t, c.class, c.part)
			}
		})
	}
}

// TestVisionFails: a description that fails names the image; a refusal or an empty one is no description.
func TestVisionFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bad   reply
		class class.Class
	}{
		"empty":    {answers("\n"), "empty"},
		"refused":  {reply{pieces: []string{"no"}, stop: "refusal"}, "empty"},
		"an error": {refuses(400), "invalid_request"},
		"cut":      {reply{pieces: []string{"a c"}, cut: true}, "protocol"},
	} {
		viewer := Target{Provider: "h", Model: "viewer", BaseURL: "http://viewer.example", Images: true, Transport: serve(t, c.bad)}
		job := asks(Target{Transport: serve(t), Vision: func(context.Context) (Target, error) { return viewer, nil }})
		attaches(t, &job, png(50))
		r := perform(t, t.Context(), job)
		r.fails(t, c.class, "a: ")
		if r.end.Status != "error" || r.end.Text != nil {
			t.Errorf("%s: %+v", name, r.end)
		}
	}
}

// TestTooManyImages are refused before any request.
func TestTooManyImages(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]class.Class{100: "", 101: class.InvalidInput} {
		s := serve(t)
		if want == "" {
			s = serve(t, answers("hi"))
		}
		job := asks(Target{Transport: s, Images: true})
		name := file(t, "a", png(10))
		for range n {
			job.Input.Files = append(job.Input.Files, name)
		}
		r := perform(t, t.Context(), job)
		if want == "" && r.err != nil || want != "" && !class.Is(r.err, want) {
			t.Errorf("%d images: %v", n, r.err)
		}
	}
}

// TestMediaOfTheWire: what a server takes is its protocol's word, and what it does not tell is not refused here.
func TestMediaOfTheWire(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]wire.Protocol{"network": chat.Protocol{}, "invalid_input": gemini.Protocol{}} {
		job := asks(Target{Images: true, Protocol: p, Transport: serve(t)})
		if p.API() == wire.Chat {
			job = asks(Target{Images: true, Protocol: p, Transport: serve(t, reply{gone: errors.New("connection refused")})})
		}
		attaches(t, &job, png(15_000_000))
		perform(t, t.Context(), job).fails(t, class.Class(want), "")
	}
}

// noDocuments is a protocol whose servers take next to no documents.
type noDocuments struct{ anthropic.Protocol }

func (noDocuments) Media() wire.Media { return wire.Media{Document: 1} }

// TestOnlyImagesAreDescribed: a document beside an image that the model cannot see goes to the model as it is, and only the
// model has to take it.
func TestOnlyImagesAreDescribed(t *testing.T) {
	t.Parallel()
	viewer := Target{Provider: "h", Model: "viewer", BaseURL: "http://viewer.example", Images: true, Protocol: noDocuments{}, Transport: serve(t, answers("a cat"))}
	s := serve(t, answers("hi"))
	job := asks(Target{Transport: s, PDF: true, Vision: func(context.Context) (Target, error) { return viewer, nil }})
	attaches(t, &job, png(10), media["application/pdf"])
	if r := perform(t, t.Context(), job); r.err != nil {
		t.Fatal(r.err)
	}
	var sent []string
	for _, b := range parse(t, s.asked()[0]).Messages[0].Content {
		sent = append(sent, b.Source.MediaType)
	}
	if len(sent) != 3 || sent[0] != "application/pdf" {
		t.Errorf("sent %q", sent)
	}
}
