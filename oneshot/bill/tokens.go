package bill

import "hermes/oneshot/wire"

// Tokens estimates the tokens of a text. Four bytes a token is what Latin prose measures.
func Tokens(bytes int64) int64 { return (bytes + 3) / 4 }

// TokensIn estimates the tokens of a request's input, its tools included; an image counts for at most imageTokens.
func TokensIn(req *wire.Request, imageTokens int64) int64 {
	text, images := int64(len(req.System)), int64(0)
	for _, t := range req.Tools {
		text += int64(len(t.Name) + len(t.Description) + len(t.Schema))
	}
	var count func(parts []wire.Part)
	count = func(parts []wire.Part) {
		for _, p := range parts {
			if p.Raw != nil {
				text += int64(len(p.Raw))
				continue
			}
			for _, segment := range p.Text {
				text += int64(len(segment))
			}
			if p.Call != nil && p.Kind == wire.PartCall {
				text += int64(len(p.Call.Name) + len(p.Call.Arguments))
			}
			if p.Kind == wire.PartImage {
				images += min(Tokens(int64(len(p.Data))), imageTokens)
			} else {
				text += int64(len(p.Data))
			}
			count(p.Media)
		}
	}
	for _, turn := range req.Turns {
		count(turn.Parts)
	}
	return Tokens(text) + images
}
