package sandbox

import (
	"net/http"
	"strconv"
)

// gemini is generateContent of the Gemini API, as generativelanguage.googleapis.com serves it.
type gemini struct{}

func (gemini) scope() string             { return scopeGemini }
func (gemini) places() []string          { return []string{"X-Goog-Api-Key", "?key", "Authorization"} }
func (gemini) encoder(a *answer) encoder { return newGeminiStream(a) }

// headers: this API tells no quota and names no request; the id stands in the body.
func (gemini) headers(http.Header, string, quota) {}

func (gemini) models(names []string) obj {
	list := make([]obj, 0, len(names))
	for _, name := range names {
		list = append(list, obj{
			"name": "models/" + name, "baseModelId": name, "version": "001", "displayName": name,
			"inputTokenLimit": window(name), "outputTokenLimit": 65_536,
			"supportedGenerationMethods": []string{"generateContent", "countTokens"},
		})
	}
	return obj{"models": list}
}

// failure is Google's error object.
func (gemini) failure(_ string, p problem) (int, obj) {
	status := p.status
	if status == 0 {
		status = geminiStatus(p.cause)
	}
	word := googleWord(status)
	if _, known := causeNamed(p.kind); p.kind != "" && !known {
		word = upper(p.kind)
	}
	o := obj{"code": status, "message": geminiMessage(p), "status": word}
	if details := geminiDetails(p); len(details) > 0 {
		o["details"] = details
	}
	return status, obj{"error": o}
}

// geminiStatus is the status of what the sandbox itself complains about. A key that is wrong is a bad request at Google.
func geminiStatus(c cause) int {
	switch c {
	case causeNoKey, causePermission, causePlan:
		return http.StatusForbidden
	case causeNotFound, causeModel:
		return http.StatusNotFound
	case causeTimeout:
		return http.StatusRequestTimeout
	case causeTooLarge:
		return http.StatusRequestEntityTooLarge
	case causeRate, causeQuota, causeBilling:
		return http.StatusTooManyRequests
	case causeOverload:
		return http.StatusServiceUnavailable
	case causeServer:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// geminiMessage is in Google's words where they are known: some of them are all that tells one cause from another.
func geminiMessage(p problem) string {
	if _, known := causeNamed(p.kind); p.kind != "" && !known {
		return p.message
	}
	switch p.cause {
	case causeKey:
		return "API key not valid. Please pass a valid API key."
	case causeModel:
		return "The model is not found for API version v1beta, or is not supported for generateContent."
	case causeRate:
		return "Resource has been exhausted (e.g. check quota)."
	case causeBilling:
		return "You exceeded your current quota. * Quota exceeded for metric: " + geminiMetric + ", limit: 0"
	case causeOverload:
		return "The model is overloaded. Please try again later."
	case causeServer:
		return "An internal error has occurred."
	case causeContext:
		return "The input token count exceeds the maximum number of tokens allowed."
	}
	return p.message
}

const geminiMetric = "generativelanguage.googleapis.com/generate_content_free_tier_requests"

// googleWord is the canonical name of a status.
func googleWord(status int) string {
	switch status {
	case 401:
		return "UNAUTHENTICATED"
	case 403:
		return "PERMISSION_DENIED"
	case 404:
		return "NOT_FOUND"
	case 408, 504:
		return "DEADLINE_EXCEEDED"
	case 429:
		return "RESOURCE_EXHAUSTED"
	case 503, 529:
		return "UNAVAILABLE"
	}
	if status >= http.StatusInternalServerError {
		return "INTERNAL"
	}
	return "INVALID_ARGUMENT"
}

// geminiDetails are where Google says what its few words leave open: a wrong key, which quota, how long to wait.
func geminiDetails(p problem) []obj {
	const types = "type.googleapis.com/google.rpc."
	var out []obj
	quotaID := ""
	switch p.cause {
	case causeKey:
		out = append(out, obj{"@type": types + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"})
	case causeRate:
		quotaID = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
	case causeQuota:
		quotaID = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
	}
	if quotaID != "" {
		violation := obj{"quotaMetric": geminiMetric, "quotaId": quotaID, "quotaValue": "5"}
		out = append(out, obj{"@type": types + "QuotaFailure", "violations": []obj{violation}})
	}
	if p.wait > 0 {
		out = append(out, obj{"@type": types + "RetryInfo", "retryDelay": strconv.Itoa(p.wait) + "s"})
	}
	return out
}

// geminiFinish says Anthropic's reasons in the words of this wire. A call ends as any answer does.
func geminiFinish(stop string) string {
	switch stop {
	case "end_turn", "stop_sequence", "tool_use":
		return "STOP"
	case "max_tokens":
		return "MAX_TOKENS"
	case "refusal":
		return "SAFETY"
	}
	return stop
}

// geminiUsage: what was cached stands inside of the prompt, thoughts beside the candidates.
func geminiUsage(r *reply) obj {
	in, out, thoughts := r.prompted(), r.usage.OutputTokens, r.reasoned()
	o := obj{
		"promptTokenCount": in, "candidatesTokenCount": out - thoughts, "totalTokenCount": in + out,
		"promptTokensDetails": []obj{{"modality": "TEXT", "tokenCount": in}},
	}
	if thoughts > 0 {
		o["thoughtsTokenCount"] = thoughts
	}
	if cached := r.usage.CacheReadInputTokens; cached > 0 {
		o["cachedContentTokenCount"] = cached
	}
	return o
}

// geminiPart is a part as this wire has it; nil for a refusal, of which Google says only that it is one.
func geminiPart(p *part, signed bool) obj {
	switch p.kind {
	case partReasoning:
		return obj{"text": p.whole(), "thought": true}
	case partCall:
		o := obj{"functionCall": obj{"id": p.id, "name": p.tool.Name, "args": p.tool.input()}}
		if signed {
			o["thoughtSignature"] = signature(p.text)
		}
		return o
	case partRefusal:
		return nil
	}
	return obj{"text": p.whole()}
}

// geminiAnswer is a whole answer or one chunk of it.
func geminiAnswer(a *answer, parts []obj, finish string) obj {
	o := obj{"modelVersion": a.q.model, "responseId": a.id}
	if a.tells() {
		o["usageMetadata"] = geminiUsage(a.r)
	}
	if a.faults.has("blocked") {
		o["promptFeedback"] = obj{"blockReason": "PROHIBITED_CONTENT"}
		return o
	}
	candidate := obj{"index": 0}
	if parts != nil {
		candidate["content"] = obj{"role": "model", "parts": parts}
	}
	if finish != "" {
		candidate["finishReason"] = finish
	}
	if a.r.stop == "tool_use" && finish != "" {
		candidate["finishMessage"] = "Model generated function call(s)."
	}
	o["candidates"] = []obj{candidate}
	return o
}

func (gemini) document(a *answer) obj {
	var parts []obj
	for _, p := range a.parts() {
		if o := geminiPart(p, a.q.thinks); o != nil {
			parts = append(parts, o)
		}
	}
	return geminiAnswer(a, parts, a.finish(geminiFinish))
}
