package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options says what a Server does. The zero value is a faithful server with
// no bad days.
type Options struct {
	// Script holds scripted answers; nil answers everything by default.
	Script *Script
	// Fault is the list of faults for requests that bring none of their own.
	Fault string
	// Chaos is the seed of random faults; 0 means none.
	Chaos int64
	// Cassette is read once, by New; its exchanges then answer every messages
	// request, and what it does not hold is a 404.
	Cassette io.Reader
	// Log gets one redacted JSON line for each request.
	Log io.Writer

	// AutoApprove approves each login without a person.
	AutoApprove bool
	// TokenTTL is the life of an access token, default 15 minutes.
	TokenTTL time.Duration
	// CodeTTL is the life of a user code, default 10 minutes.
	CodeTTL time.Duration
	// ExpiresIn is the encoding of expired_in: "ms" (absolute Unix
	// milliseconds, the default), "s" (seconds from now), "epoch-s" (absolute
	// Unix seconds).
	ExpiresIn string
	// PollInterval is what the code endpoint asks pollers to keep, default 2 s.
	PollInterval time.Duration
	// RedirectOAuth answers POST /oauth/… with a 307 to /oauth2/… on a second
	// port, as api.minimax.io does towards account.minimax.io.
	RedirectOAuth bool
	// Grace is how long a spent refresh token is answered with the same
	// successor again; 0 is strict.
	Grace time.Duration
	// ClockSkew moves the server's clock: the Date header and every absolute
	// expiry.
	ClockSkew time.Duration

	// Wires are the APIs that are served, by the names of their scopes: anthropic, chat, responses, gemini; none means all.
	// The paths of the others are a 404 in the form of the first, as at a server that speaks one API.
	Wires []string
	// BatchTime is how long a batch of a batch API takes; 0 is no time.
	BatchTime time.Duration
	// AnyToken accepts any credential, and none, for inference.
	AnyToken bool
	// AllowRemote lets Listen bind an address that is not loopback.
	AllowRemote bool
}

// Server is the stand-in. It is an http.Handler; Listen serves it over TCP.
// All methods may be called at any time from any goroutine.
type Server struct {
	opts     Options
	routes   map[string]route
	script   *program
	cassette *cassette
	log      *requestLog
	ledger   *ledger
	room     room
	batches  batches
	bodyTime time.Duration // for a body to come in

	mu       sync.Mutex
	drawn    uint64 // by chaos
	meter    meter
	fault    faults
	faultNow string         // the text of fault
	met      map[string]int // requests that a fault's scope covered, by source and text
	count    State
	url      string
	auth     string // base URL of the second port
	doors    []*door
	done     chan struct{}
	closing  bool
	failed   error
}

type route struct {
	method, scope string
	wire          wire
	handle        func(*call)
}

// New makes a Server. It does no network I/O. An error names the option that
// is wrong: the fault list, an expression of the script, a cassette line.
func New(o Options) (*Server, error) {
	o = o.withDefaults()
	s := &Server{opts: o, met: map[string]int{}, done: make(chan struct{}), room: newRoom(), bodyTime: bodyTime}
	s.ledger = newLedger(o, s.now)
	var err error
	if s.fault, err = parseFaults(o.Fault); err != nil {
		return nil, err
	}
	s.faultNow = o.Fault
	if s.script, err = compile(o.Script); err != nil {
		return nil, err
	}
	if s.cassette, err = readCassette(o.Cassette); err != nil {
		return nil, err
	}
	switch o.ExpiresIn {
	case "ms", "s", "epoch-s":
	default:
		return nil, fmt.Errorf("expired_in encoding %q: it is ms, s or epoch-s", o.ExpiresIn)
	}
	for _, name := range o.Wires {
		if !isWire(name) {
			return nil, fmt.Errorf("API %q: it is anthropic, chat, responses or gemini", name)
		}
	}
	s.log = newRequestLog(o.Log)
	s.routes = s.table()
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.TokenTTL == 0 {
		o.TokenTTL = 15 * time.Minute
	}
	if o.CodeTTL == 0 {
		o.CodeTTL = 10 * time.Minute
	}
	if o.PollInterval == 0 {
		o.PollInterval = 2 * time.Second
	}
	if o.ExpiresIn == "" {
		o.ExpiresIn = "ms"
	}
	return o
}

// table lists the endpoints. Base URLs work with and without what clients
// disagree on who appends.
func (s *Server) table() map[string]route {
	t := map[string]route{
		"/oauth/code":         {http.MethodPost, scopeCode, anthropic{}, s.oldCode},
		"/oauth/token":        {http.MethodPost, scopeToken, anthropic{}, s.oldToken},
		"/oauth2/device/code": {http.MethodPost, scopeCode, anthropic{}, s.code},
		"/oauth2/token":       {http.MethodPost, scopeToken, anthropic{}, s.token},
		approvePath:           {"", "", anthropic{}, s.approve},
		"/_sandbox/state":     {http.MethodGet, "", anthropic{}, s.showState},
		"/_sandbox/fault":     {http.MethodPost, "", anthropic{}, s.setFault},
		"/_sandbox/expire":    {http.MethodPost, "", anthropic{}, s.expireAll},
		"/_sandbox/revoke":    {http.MethodPost, "", anthropic{}, s.revokeAll},
		"/_sandbox/login":     {http.MethodPost, "", anthropic{}, s.login},
	}
	for _, base := range []string{"/anthropic/v1", "/v1"} {
		t[base+"/messages"] = route{http.MethodPost, scopeAnthropic, anthropic{}, s.ask}
	}
	for _, base := range []string{"/v1", "", "/api/v1", "/openai/v1", "/openai", "/v1beta/openai", azureDeployment} {
		t[base+"/chat/completions"] = route{http.MethodPost, scopeChat, chat{}, s.ask}
		t[base+"/responses"] = route{http.MethodPost, scopeResponses, responses{}, s.ask}
		t[base+"/models"] = route{http.MethodGet, scopeModels, chat{}, s.models}
	}
	t["/anthropic/v1/models"] = route{http.MethodGet, scopeModels, anthropic{}, s.models}
	t["/v1beta/models"] = route{http.MethodGet, scopeModels, gemini{}, s.models}
	for _, verb := range []string{streamVerb, wholeVerb} {
		t[geminiPath+verb] = route{http.MethodPost, scopeGemini, gemini{}, s.ask}
	}
	s.portalRoutes(t)
	s.batchRoutes(t)
	return t
}

// azureDeployment and geminiPath stand for paths that hold a name; it is in braces here.
const (
	azureDeployment = "/openai/deployments/{deployment}"
	geminiPath      = "/v1beta/models/{model}"
)

// endpoint is the path by which the table knows this one.
func endpoint(path string) string {
	if rest, ok := strings.CutPrefix(path, "/openai/deployments/"); ok {
		if _, tail, ok := strings.Cut(rest, "/"); ok {
			return azureDeployment + "/" + tail
		}
	}
	if name, verb := geminiModel(path); name != "" {
		return geminiPath + verb
	}
	return batchEndpoint(path)
}

// find returns the route of a request. /v1/models is Anthropic's to who says so, and OpenAI's else.
func (s *Server) find(r *http.Request) (route, bool) {
	rt, ok := s.routes[endpoint(r.URL.Path)]
	if rt.scope == scopeModels && r.Header.Get("Anthropic-Version") != "" {
		rt.wire = anthropic{}
	}
	if rt.scope == scopeCreate && r.Method == http.MethodGet {
		rt.scope = scopeList
	}
	return rt, ok
}

// ServeHTTP answers one request. To drop a connection it panics with
// http.ErrAbortHandler, which net/http's server understands.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, controlPath) || r.URL.Path == approvePath || r.URL.Path == codexPage {
		if why := s.stranger(r); why != "" {
			http.Error(w, "sandbox: "+why, http.StatusForbidden)
			return
		}
	}
	c := s.newCall(w, r)
	if c == nil {
		return
	}
	defer c.free()
	rt, ok := s.find(r)
	if ok {
		c.wire = rt.wire
	}
	switch {
	case c.tooLong:
		c.fail(http.StatusRequestEntityTooLarge, 2013, "invalid params, request body too large")
	case !ok:
		c.html(http.StatusNotFound, "404 Not Found")
	case rt.method != "" && rt.method != r.Method:
		w.Header().Set("Allow", rt.method)
		c.html(http.StatusMethodNotAllowed, "405 Not Allowed")
	case isWire(rt.scope) && !s.serves(rt.scope):
		c.wire = wireNamed(s.opts.Wires[0])
		c.fail(http.StatusNotFound, 0, fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path))
	default:
		c.scope = rt.scope
		if c.scope != "" && !c.choose() {
			return
		}
		rt.handle(c)
	}
}

// serves tells whether an API is among those that are served.
func (s *Server) serves(scope string) bool {
	return len(s.opts.Wires) == 0 || slices.Contains(s.opts.Wires, scope)
}

// stranger says why a request may not steer the server: a page of another site in a browser on this machine can post to
// any port, and a name of its own can lead here. Where other machines are served on purpose, any name is good.
func (s *Server) stranger(r *http.Request) string {
	if host := (&url.URL{Host: r.Host}).Hostname(); !s.opts.AllowRemote && !loopback(host) {
		return fmt.Sprintf("the host %q is not this machine", host)
	}
	origin := r.Header.Get("Origin")
	if from, err := url.Parse(origin); origin != "" && (err != nil || from.Host != r.Host) {
		return fmt.Sprintf("a page of %q may not steer it", origin)
	}
	return ""
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// now is the server's own clock, skew included.
func (s *Server) now() time.Time { return time.Now().Add(s.opts.ClockSkew) }

// Listen serves on addr ("" is a free loopback port) until ctx ends, when
// every open connection is closed at once, and returns the base URL, which is
// the portal too; inference is below it, at /anthropic. An address that is
// not loopback is an error unless Options.AllowRemote. With RedirectOAuth it
// opens a second port on the same host. One Server listens once.
func (s *Server) Listen(ctx context.Context, addr string) (string, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	if err := s.checkAddr(addr); err != nil {
		return "", err
	}
	main, err := openDoor(addr)
	if err != nil {
		return "", err
	}
	doors := []*door{main}
	if s.opts.RedirectOAuth {
		host, _, _ := net.SplitHostPort(main.Addr().String())
		second, err := openDoor(net.JoinHostPort(host, "0"))
		if err != nil {
			main.Close()
			return "", err
		}
		doors = append(doors, second)
	}
	s.mu.Lock()
	again := s.doors != nil
	if !again {
		s.url, s.doors = main.url(), doors
		s.auth = doors[len(doors)-1].url()
	}
	s.mu.Unlock()
	if again {
		for _, d := range doors {
			d.Close()
		}
		return "", errors.New("the sandbox listens already")
	}
	s.serve(ctx, doors)
	return main.url(), nil
}

func (s *Server) serve(ctx context.Context, doors []*door) {
	// Requests outlive ctx until closing is known, or its end would be counted
	// as clients that left.
	live, cancel := context.WithCancel(context.WithoutCancel(ctx))
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		BaseContext:       func(net.Listener) context.Context { return live },
	}
	var open sync.WaitGroup
	for _, d := range doors {
		d.keepAlives = srv.SetKeepAlivesEnabled
		open.Go(func() {
			if err := srv.Serve(d); !errors.Is(err, http.ErrServerClosed) {
				s.mu.Lock()
				s.failed = errors.Join(s.failed, err)
				s.mu.Unlock()
			}
		})
	}
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		s.closing = true
		s.mu.Unlock()
		cancel()
		srv.Close()
		open.Wait()
		close(s.done)
	})
}

// Wait returns once the server that Listen started has ended: nil after the
// end of its context, else what broke a listener.
func (s *Server) Wait() error {
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// Announce writes one JSON line that tells other programs where the server
// is: url, portal, the base URLs for clients of each API, pid.
func (s *Server) Announce(w io.Writer) error {
	s.mu.Lock()
	url := s.url
	s.mu.Unlock()
	line, err := json.Marshal(struct {
		URL       string `json:"url"`
		Portal    string `json:"portal"`
		Inference string `json:"inference"`
		OpenAI    string `json:"openai"`
		Gemini    string `json:"gemini"`
		PID       int    `json:"pid"`
	}{url, url, url + "/anthropic", url + "/v1", url + "/v1beta", os.Getpid()})
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// checkAddr refuses what would be reachable from another machine.
func (s *Server) checkAddr(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listen address %q: it has the form host:port", addr)
	}
	if s.opts.AllowRemote || loopback(strings.Trim(host, "[]")) {
		return nil
	}
	return fmt.Errorf("listen address %q: only loopback addresses are allowed", addr)
}
