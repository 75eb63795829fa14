package oauth

// XAI is the issuer of logins with a Grok subscription: RFC 8628 with endpoints of its own choice. Every refusal of a renewal
// with 400 or 401 ends the grant, and a 403 never does (logins §1).
func XAI() *Issuer { return &xai }

var xai = Issuer{
	Portal: "https://auth.x.ai", ClientID: "b1a00492-073a-47ea-816f-4c329264a828",
	Scope: "openid profile email offline_access grok-cli:access api:access", Inference: "/v1",
	Dialect: &Dialect{
		Hosts: []string{"auth.x.ai"}, TokenHosts: []string{"x.ai:443", "*.x.ai:443"}, Device: "/oauth2/device/code", Token: "/oauth2/token",
		Denied: "this account may not use the API by its subscription; an API key works: --provider xai with XAI_API_KEY",
	},
}
