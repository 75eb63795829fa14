package login

import (
	"errors"

	"hermes/authfile"
)

// Advice is what to do about an error of the store that its class alone does not
// tell, "" for any other. words are what `hermes auth add` needs to log in to the
// provider at hand, "" where it has no login.
func Advice(err error, words string) string {
	var store *authfile.Error
	if errors.As(err, &store) && store.Broken() {
		if words == "" {
			return "mend it, or move it away"
		}
		return "mend it, or set it aside with: hermes auth add " + words + " --set-aside"
	}
	var post *authfile.PostError
	if errors.As(err, &post) && post.Class() == "auth_refused" {
		return "the login is kept, and a new one would not help: check the account, its region and the proxy"
	}
	return ""
}

// Again adds to an error of a login that has ended how it comes back: whoever
// reports the error may have asked another provider meanwhile.
func Again(hint string, err error) error {
	var store *authfile.Error
	if errors.As(err, &store) && (store.Class() == "not_logged_in" || store.Class() == "reauth_required") {
		return &hinted{err, hint}
	}
	return err
}
