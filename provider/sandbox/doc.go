// Package sandbox is a stand-in for MiniMax's portal and for the inference
// endpoints of four APIs: an http.Handler that a person, a test or a CI job can
// log in to and stream answers from, offline, good days and bad ones.
//
// It shares no code with the client it fakes, so that a misreading of a wire
// on one side shows on the other. What it knows of the wires is what was seen
// of MiniMax, OpenAI and Google in 2026; where nobody has seen the real thing
// (MiniMax's error event in a stream) it follows Anthropic's form.
//
// # Endpoints
//
//	POST /oauth/code, /oauth2/device/code    start a login (PKCE S256, state echoed)
//	POST /oauth/token, /oauth2/token         poll with user_code, renew with refresh_token
//	GET, POST /oauth-authorize               the page where a person, or a script, decides
//	/xai, /nous, /codex, /qwen               portals of other logins, each with its endpoints and its inference below
//	POST /anthropic/v1/messages, /v1/messages
//	POST /v1/chat/completions, /v1/responses
//	POST, GET /v1/messages/batches           Anthropic's batches; below: B, B/results, B/cancel
//	POST /v1/files, POST, GET /v1/batches    OpenAI's; below: files/F/content, batches/B, batches/B/cancel
//	POST /v1beta/models/M:streamGenerateContent, /v1beta/models/M:generateContent
//	GET  /v1/models                          OpenAI's form; Anthropic's with the header anthropic-version
//	GET  /anthropic/v1/models, /v1beta/models
//	GET  /_sandbox/state                     counters
//	POST /_sandbox/fault                     body: a fault list that replaces Options.Fault
//	POST /_sandbox/expire                    every access token expires now
//	POST /_sandbox/revoke                    every grant ends
//	POST /_sandbox/login                     form client_id, or portal=xai: tokens without the dance
//
// OpenAI's paths work without /v1 too, below /openai, /openai/v1, /api/v1 and
// /v1beta/openai, and below Azure's /openai/deployments/D. Without alt=sse a
// stream of Gemini's is one JSON array.
//
// What is below /_sandbox, and the page for approvals, answers 403 to a Host that is not loopback (unless
// Options.AllowRemote) and to an Origin that is not its own: pages of other sites in a browser on this machine reach every
// port. A body has a minute to come in; bodies past 1 MB wait until those before them leave room, 64 MB in all.
//
// # Answers
//
// The default answer says what came: bytes, blocks, files. A request for JSON
// gets a small instance of its schema, and one that has to call a tool calls it
// with such an instance. A script has one format for all wires;
// its usage and stop reasons are in Anthropic's words, which each wire
// translates. Reasoning comes when it was asked for, in any form that a
// service of the wire has. The Messages wire knows the models of its list and
// every claude-…; the others know every name that does not begin with
// no-such-.
//
// A batch takes Options.BatchTime. Its rows are answered as their endpoint
// would answer them, scripts included; faults of the server meet the batch API
// itself and not its rows. The results come in another order than the rows.
//
// # Credentials
//
// Refresh tokens are good once. A spent one that comes back outside of the
// grace window revokes its whole grant. For inference a key is anything that
// starts with "sk-" or "AIza", except "sk-wrong…" and "AIzaWrong…"; any other
// bearer must be an access token that was issued here and has not expired. A
// credential stands in a place of its wire, and in one only: Authorization or
// X-Api-Key for Messages, Authorization or Api-Key for OpenAI's two,
// X-Goog-Api-Key, ?key= or Authorization for Gemini.
//
// # Faults
//
// A fault list is items with commas between them:
//
//	[SCOPE:]NAME[=ARG][@K][*N]
//
// SCOPE is messages (a question on any wire), anthropic, chat, responses or
// gemini (on that wire), models, code, token, oauth (code and token), upload,
// create, poll, list, results and cancel (of a batch), batch (those six) or any;
// without one each fault has its own (see Faults), and those of a request's
// header and of the script meet the request at hand. @K leaves the first K-1
// of those requests alone, *N stops after N of them: "status=529*2" fails
// twice and then lets through. D is a duration such as 200ms, N and S are
// whole numbers. A header wins over the script, the script over Options.Fault,
// that over Options.Chaos. An error's TYPE is one of Anthropic's, which each
// wire translates; another word is said as it is.
//
// # Caveats
//
// Token counts are a quarter of the bytes, rounded up; an image or a document
// counts 1,600. The quota of the headers is counted by the minute, and nothing
// is refused for it. Connections are dropped by panicking with
// http.ErrAbortHandler or by hijacking, so a ResponseRecorder cannot show
// those faults. Everything is kept in memory for as long as the Server lives.
package sandbox
