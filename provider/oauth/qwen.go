package oauth

// Qwen is the issuer of Qwen Code's logins, which are renewed here and made there (logins §4).
func Qwen() *Issuer { return &qwen }

var qwen = Issuer{
	Portal: "https://chat.qwen.ai", ClientID: "f0304373b74a44d2b584a3fb70ca9e56", Scope: "openid profile email model.completion", Inference: "/v1",
	Dialect: &Dialect{
		Hosts: []string{"chat.qwen.ai"}, Token: "/api/v1/oauth2/token",
		Dead:      []string{"invalid_grant", "invalid_token", "refresh_token_reused"},
		Elsewhere: "Qwen Code",
	},
}
