package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const canary = "sk-canary-0123456789abcdef"

// TestShowMasks: no secret of the file is in what is shown, comments included; all the rest is.
func TestShowMasks(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{
		"model:\n  api_key: " + canary + " # mine\n  default: m\n": "model:\n  api_key: \"****cdef\" # mine\n  default: m\n",
		"api_key: short\n": "api_key: \"****\"\n",
		"api_key: ''\nkey_env: LAB_KEY\nmax_tokens: 5\n":       "api_key: ''\nkey_env: LAB_KEY\nmax_tokens: 5\n",
		"api_key: ${LAB_KEY}\n":                                "api_key: ${LAB_KEY}\n",
		"api_key: ${A}" + canary + "}\n":                       "api_key: \"****def}\"\n",
		"api_key: |\n  " + canary + "\n  x\nb: 1\n":            "api_key: \"****\"\nb: 1\n",
		"api_key: '" + canary + "'\r\nb: 1\r\n":                "api_key: \"****cdef\"\r\nb: 1\r\n",
		"api_key: !!str " + canary + "\n":                      "api_key: \"****cdef\"\n",
		"api_key: 12345678901234\n":                            "api_key: \"****1234\"\n",
		"? token\n: " + canary + "\n":                          "? token\n: \"****cdef\"\n",
		"a: &t " + canary + "\napi_key: *t\n":                  "a: &t \"****cdef\"\napi_key: *t\n",
		"x: {bot_token: " + canary + ", client_secret: 'a'}\n": "x: {bot_token: \"****cdef\", client_secret: \"****\"}\n",
		"headers: {Authorization: 'Bearer " + canary + "', x-api-key: " + canary + ", X-Key: " + canary + ", X-A: 1}\n": "headers: {Authorization: \"****cdef\", x-api-key: \"****cdef\", X-Key: \"****cdef\", X-A: \"****\"}\n",
		"extra_headers: {X-Team: " + canary + ", L: [" + canary + "], n: 12}\nx: {env: {P: " + canary + "}}\n":          "extra_headers: {X-Team: \"****cdef\", L: [\"****cdef\"], n: \"****\"}\nx: {env: {P: \"****cdef\"}}\n",
		"tokens: 1\npassword: [" + canary + ", b]\n":                                                                    "tokens: 1\npassword: [\"****cdef\", \"****\"]\n",
		"fal_key: " + canary + "\napi_keys: [" + canary + "]\n":                                                         "fal_key: \"****cdef\"\napi_keys: [\"****cdef\"]\n",
		"x: {access_key: " + canary + ", secret_key: " + canary + ", private_key: " + canary + "}\n":                    "x: {access_key: \"****cdef\", secret_key: \"****cdef\", private_key: \"****cdef\"}\n",
	} {
		shows(t, before, want)
	}
}

func TestShowMasksAddresses(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{
		"u: http://me:" + canary + "@h:1/x # c\n":     "u: \"http://me:****@h:1/x\" # c\n",
		"u: http://me:p%40ss@h/\n":                    "u: \"http://me:****@h/\"\n",
		"u: http://me:p%zz@h/\n":                      "u: \"http://me:****@h/\"\n",
		"u: http://me:p@ss@h/\n":                      "u: \"http://me:****@h/\"\n",
		"u: see http://a:b@h and https://c:d@i/?q\n":  "u: \"see http://a:****@h and https://c:****@i/?****\"\n",
		"u: http://h/a:b@c\n":                         "u: http://h/a:b@c\n",
		"u: http://h?x=a:b@c\n":                       "u: \"http://h?x=****\"\n",
		"u: http://h/v1?key=" + canary + "&b=2#t=3\n": "u: \"http://h/v1?key=****&b=****#t=****\"\n",
		"u: 'http://h/?' # c\n":                       "u: 'http://h/?' # c\n",
		"u: http://me@h/\n":                           "u: http://me@h/\n",
		"u: http://h:80/\nv: mailto:a@b\n":            "u: http://h:80/\nv: mailto:a@b\n",
	} {
		shows(t, before, want)
	}
}

// TestShowMasksComments: a setting that was only switched off is as secret as one that is on.
func TestShowMasksComments(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{
		"# api_key: " + canary + "\n":                                        "# api_key: ****cdef\n",
		"#api_key: \"" + canary + "\"\r\na: 1\r\n":                           "#api_key: ****cdef\r\na: 1\r\n",
		"a: 1 # token: " + canary + "\n":                                     "a: 1 # token: ****cdef\n",
		"# - api_key: " + canary:                                             "# - api_key: ****cdef",
		"# MINIMAX_API_KEY=" + canary + "\n":                                 "# MINIMAX_API_KEY=****cdef\n",
		"# export MINIMAX_API_KEY='" + canary + "'\n":                        "# export MINIMAX_API_KEY=****cdef\n",
		"# lab: {base_url: http://h, api_key: " + canary + "}\n":             "# lab: {base_url: http://h, api_key: ****def}\n",
		"# use api_key: " + canary + "\n":                                    "# use api_key: ****cdef\n",
		"# base_url: http://me:" + canary + "@h/\n":                          "# base_url: http://me:****@h/\n",
		"# headers: {Authorization: Bearer " + canary + "}\n":                "# headers: ****def}\n",
		"# the token: is it in .env?\n# key_env: LAB_KEY\n# max_tokens: 5\n": "# the token: ****env?\n# key_env: LAB_KEY\n# max_tokens: 5\n",
		"#   X-Team: " + canary + "\n":                                       "#   X-Team: ****cdef\n",
		"# base_url: http://h/?key=" + canary + "\n":                         "# base_url: http://h/?key=****cdef\n",
		"# a comment, with words: and more\n":                                "# a comment, with words: and more\n",
	} {
		shows(t, before, want)
	}
}

func shows(t *testing.T, before, want string) {
	t.Helper()
	var b bytes.Buffer
	if err := Show(write(t, before), &b, true); err != nil || b.String() != want {
		t.Errorf("%q is shown as\n%q, want\n%q, %v", before, b.String(), want, err)
	}
	if strings.Contains(b.String(), "canary") {
		t.Errorf("the secret of %q is shown", before)
	}
	b.Reset()
	if err := Show(write(t, before), &b, false); err != nil || b.String() != before {
		t.Errorf("unmasked, %q is %q, %v", before, b.String(), err)
	}
}

// TestSecretNeverPrints: a key read from config.yaml shows its mask to every way of printing.
func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	c, err := Load(write(t, "model: {api_key: "+canary+"}\nproviders: {lab: {base_url: 'http://h', api_key: "+canary+"}}\nfallback_providers: [{provider: p, model: m, api_key: "+canary+"}]\nauxiliary: {vision: {api_key: "+canary+"}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if string(c.Model.APIKey) != canary || string(c.Providers[0].APIKey) != canary || string(c.Fallbacks[0].APIKey) != canary || string(c.Auxiliary.Vision.APIKey) != canary {
		t.Errorf("a key was not read: %+v", c)
	}
	raw, err := json.Marshal(c)
	if text := fmt.Sprintf("%v %+v %#v %s %v %s", *c, *c, *c, c.Model.APIKey, err, raw); strings.Contains(text, "canary") || !strings.Contains(text, "****cdef") {
		t.Errorf("printed as %s", text)
	}
	if text := strings.Join(c.Warnings, "\n"); strings.Contains(text, "canary") || strings.Count(text, "inline_key: ") != 4 {
		t.Errorf("warnings: %s", text)
	}
}

func TestMaskKeepsFourOfLongOnes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "a": "****", "elevenchars": "****", "twelve-chars": "****hars", "日本語日本語日本語日本語": "****語日本語"} {
		if got := Mask(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestUsableSecret(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"sk-1": true, " sk-12 ": true, "日本語鍵": true, "": false, "abc": false, "   ": false, "****": false, "xxxx": false, "ChangeMe": false,
		"your_api_key": false, "dummy": false, "none": false, "null": false, " placeholder ": false,
	} {
		if got := UsableSecret(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
