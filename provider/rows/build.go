package rows

import "hermes/provider/config"

// The compiler lays out what these make, where each is one expression and none of its arguments is a call again.

// simple is a server of Chat Completions without quirks.
func simple(id, name, host, path, base, key, model string, aliases ...string) *Row {
	return &Row{
		ID: id, Name: name, Aliases: aliases, Wire: Chat, Auth: []Auth{{Kind: Key, Env: []string{key}}}, DefaultModel: model,
		Base: Base{"https://" + host + path, []string{base}, []string{host}},
	}
}

// here is a server on this machine.
func here(id, name, port string, q Quirks, aliases ...string) *Row {
	return &Row{
		ID: id, Name: name, Aliases: aliases, Wire: Chat, Auth: open(), Quirks: q, Yields: true, AsksModel: true, Own: true,
		Base: Base{URL: "http://127.0.0.1:" + port + "/v1"},
	}
}

// https is an address whose host alone may see the credential, and the variables that may hold another.
func https(host, path string, variables ...string) Base {
	return Base{"https://" + host + path, variables, []string{host}}
}

func hosts(names ...string) []string { return names }

func env(names ...string) []string { return names }

// keyed is one way to authenticate: a key in one of the variables.
func keyed(env ...string) []Auth { return []Auth{{Kind: Key, Env: env}} }

// open is a server that needs no key and takes one.
func open(env ...string) []Auth { return []Auth{{Kind: Key, Env: env}, {Kind: None}} }

// openCode are the wires of OpenCode's models; the rest is asked over Chat Completions.
func openCode(first string) []ModelWire {
	return []ModelWire{
		{first, Messages},
		{"qwen", Messages},
		{"union-alpha", Messages},
		{"gpt-", Responses},
		{"grok-", Responses},
		{"muse-spark", Responses},
	}
}

// usd is a price per million tokens: input, output, input read from the cache and written to it.
func usd(in, out, read, write string) config.Price {
	return config.Price{Input: in, Output: out, CacheRead: read, CacheWrite: write}
}
