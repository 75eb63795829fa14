package oauth

import (
	"maps"
	"net/url"
)

// Nous is the issuer of the Nous Portal: RFC 8628, but the refresh token travels in a header (logins §3).
func Nous() *Issuer { return &nous }

var nous = Issuer{
	Portal: "https://portal.nousresearch.com", ClientID: "hermes-cli", Scope: "inference:invoke", Inference: "/v1",
	Dialect: &Dialect{
		Hosts: []string{"portal.nousresearch.com"}, Device: "/api/oauth/device/code", Token: "/api/oauth/token",
		Dead: []string{"invalid_grant", "invalid_token", "refresh_token_reused"},
		renew: func(form url.Values) (url.Values, []string) {
			sent := maps.Clone(form)
			sent.Del("refresh_token")
			return sent, []string{"X-Nous-Refresh-Token", form.Get("refresh_token")}
		},
	},
}
