package sandbox

import (
	"net/http"
	"strings"
)

// wire is how one API reads a question and writes what the sandbox has to say. What is said (reply) and which faults meet
// it are decided before any wire is asked. A value of it holds nothing and serves all calls.
type wire interface {
	// scope is the wire's own among the scopes of faults.
	scope() string
	// places are where this API looks for a credential: the name of a header, Authorization for a bearer, ?NAME for the query.
	places() []string
	// read makes a request of the body and, at Gemini, of the path; the problem is what is wrong with it.
	read(c *call) (*request, *problem)
	// failure is an answer without an answer: its status, and its body in the wire's form.
	failure(id string, p problem) (int, obj)
	// document is an answer that is not streamed.
	document(a *answer) obj
	// encoder starts the stream of an answer.
	encoder(a *answer) encoder
	// headers adds the request's id and the quota under the names of this API.
	headers(h http.Header, id string, q quota)
	// models is the list of models.
	models(names []string) obj
}

// wireNamed finds a wire by its scope.
func wireNamed(scope string) wire {
	for _, w := range []wire{chat{}, responses{}, gemini{}} {
		if w.scope() == scope {
			return w
		}
	}
	return anthropic{}
}

// encoder writes one answer as a stream. Each []byte is one whole event as it goes out.
type encoder interface {
	// contentType is that of the stream.
	contentType() string
	start() [][]byte
	open(p *part) [][]byte
	// delta appends the event of a piece of p, which is already a JSON string; nothing where the wire sends p in one piece.
	delta(b []byte, p *part, quoted []byte) []byte
	close(p *part) [][]byte
	// end returns what comes after the parts. Its last event is the one that no-stop leaves out.
	end() [][]byte
	// fail returns the events of an error in the middle, after so many that were sent.
	fail(p problem, sent int) [][]byte
}

// answer is a reply on its way to a wire.
type answer struct {
	q      *request
	r      *reply
	id     string
	faults faults
}

// finish is the reason why the answer ends, in the words of a wire; known translates Anthropic's, and what it does not
// know goes out as it is. "" is an answer that keeps its reason to itself.
func (a *answer) finish(known func(string) string) string {
	switch {
	case a.faults.has("no-finish"):
		return ""
	case a.faults.has("finish"):
		return a.faults.text("finish")
	}
	return known(a.r.stop)
}

// tells says whether the answer has a usage.
func (a *answer) tells() bool { return !a.faults.has("no-usage") }

// event is one server-sent event; name "" has no line of its own. data is one line.
func sse(name string, data []byte) []byte {
	b := make([]byte, 0, len(name)+len(data)+16)
	if name != "" {
		b = append(b, "event: "...)
		b = append(b, name...)
		b = append(b, '\n')
	}
	b = append(b, "data: "...)
	b = append(b, data...)
	return append(b, "\n\n"...)
}

// orNil is s, or JSON's null for "".
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// authorize checks the credential; false means that the call is over. It stands in one place only. A bearer may be an
// access token of this server; a key may come in any place.
func (c *call) authorize(places []string) bool {
	got := presentedIn(c.r, places)
	switch {
	case len(got) > 1:
		c.deny(problem{cause: causeNoKey, message: "login fail: both " + strings.Join(placesOf(got), " and ") + " were sent"})
	case c.s.opts.AnyToken:
		return true
	case len(got) == 0 || got[0].value == "":
		c.deny(problem{cause: causeNoKey, message: "login fail: there is no API secret key in the 'Authorization' field of the request header"})
	case isWrong(got[0].value):
		c.deny(problem{cause: causeKey, message: codeMessage(2049)})
	case isKey(got[0].value), got[0].place == "Authorization" && c.s.ledger.valid(got[0].value):
		return true
	default:
		c.deny(problem{cause: causeNoKey, message: codeMessage(1004)})
	}
	return false
}

// isKey tells an API key by the forms of OpenAI, Anthropic, MiniMax and Google.
func isKey(s string) bool { return strings.HasPrefix(s, "sk-") || strings.HasPrefix(s, "AIza") }

func isWrong(s string) bool {
	return strings.HasPrefix(s, "sk-wrong") || strings.HasPrefix(s, "AIzaWrong")
}

// credential is one that a request presents.
type credential struct{ place, value string }

// presentedIn returns the credentials in these places. An Authorization without a bearer counts, with no value.
func presentedIn(r *http.Request, places []string) []credential {
	var out []credential
	for _, place := range places {
		value, there := "", false
		switch {
		case place == "Authorization":
			_, there = r.Header[place]
			value = bearer(r)
		case place[0] == '?':
			value = r.URL.Query().Get(place[1:])
			there = value != ""
		default:
			value = r.Header.Get(place)
			there = value != ""
		}
		if there {
			out = append(out, credential{place, value})
		}
	}
	return out
}

func placesOf(got []credential) []string {
	var out []string
	for _, g := range got {
		out = append(out, strings.ToLower(g.place))
	}
	return out
}

// bearer returns the token of an Authorization header, "" for any other kind.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// created is when every answer was made: the same in each run, so that answers can be compared.
const created = 1767225600 // 2026-01-01
