package bill

import "hermes/oneshot/wire"

// Tokens estimates the tokens of a text. Four bytes a token is what Latin prose measures.
func Tokens(bytes int64) int64 { return (bytes + 3) / 4 }

// TokensIn estimates the tokens of a request's input; an image counts for at most imageTokens.
func TokensIn(req *wire.Request, imageTokens int64) int64 {
	text, images := int64(len(req.System)), int64(0)
	for _, turn := range req.Turns {
		for _, p := range turn.Parts {
			for _, segment := range p.Text {
				text += int64(len(segment))
			}
			if p.Kind == wire.PartImage {
				images += min(Tokens(int64(len(p.Data))), imageTokens)
			} else {
				text += int64(len(p.Data))
			}
		}
	}
	return Tokens(text) + images
}
