package login

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// List prints every credential that is stored here, those of other programs
// too: a table, or with asJSON one object {"active_provider", "logins": […]}.
// The error is that of Store.Read or of stdout.
func (c Commands) List(accounts []Account, asJSON bool) error {
	reports, err := c.Reports(accounts)
	if err != nil {
		return err
	}
	others, err := c.foreign(accounts)
	if err != nil {
		return err
	}
	reports = slices.DeleteFunc(append(reports, others...), func(r Report) bool {
		return r.State == StateNotNeeded || r.State == StateNotLoggedIn && r.Portal == ""
	})
	switch {
	case asJSON:
		return c.print(listing(reports))
	case len(reports) == 0:
		c.say("no logins and no keys here; log in with: hermes auth add minimax-oauth")
		return nil
	}
	return c.write(table(reports, time.Now()))
}

// Listing is the document of auth list. Its JSON names are a promise.
type Listing struct {
	Active string   `json:"active_provider" desc:"empty when none is"`
	Logins []Report `json:"logins"`
}

func listing(reports []Report) Listing {
	list := Listing{Logins: append([]Report{}, reports...)}
	for _, r := range reports {
		if r.Active {
			list.Active = r.Provider
		}
	}
	return list
}

func table(reports []Report, now time.Time) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROVIDER\tKIND\tSTATE\tDETAILS")
	for _, r := range reports {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Provider, r.Kind, strings.ReplaceAll(r.State, "_", " "), strings.Join(details(r, now), ", "))
	}
	w.Flush()
	return b.String()
}

func details(r Report, now time.Time) []string {
	var all []string
	if r.Active {
		all = append(all, "active")
	}
	if r.Label != "" {
		all = append(all, r.Label)
	}
	if r.Region != "" {
		all = append(all, "region="+r.Region)
	}
	switch r.KeySource {
	case "":
	case keyPool:
		all = append(all, "in the "+where(keyPool))
	default:
		all = append(all, r.KeyEnv+" from "+where(r.KeySource))
	}
	if r.State == StateLoggedIn || r.Expired {
		all = append(all, life(r, now))
	}
	if r.RestsUntil != "" {
		all = append(all, "until "+r.RestsUntil)
	}
	if r.Store != "" {
		all = append(all, "in "+r.Store)
	}
	switch {
	case r.PoolRows == 1:
		all = append(all, "1 pool row")
	case r.PoolRows > 1:
		all = append(all, fmt.Sprintf("%d pool rows", r.PoolRows))
	}
	if r.ErrorReason != "" {
		all = append(all, r.ErrorReason)
	}
	return all
}

// life says how long the access token lasts and what follows.
func life(r Report, now time.Time) string {
	switch {
	case r.expires.IsZero() && r.Refreshable:
		return "expiry unknown, can be renewed"
	case r.expires.IsZero():
		return "expiry unknown, cannot be renewed"
	case r.Expired && r.Refreshable:
		return remaining(r.expires, now) + ", renewed by the next run"
	case r.Refreshable:
		return remaining(r.expires, now) + ", renewed by itself"
	}
	return remaining(r.expires, now) + ", cannot be renewed"
}

// Status prints the state of the accounts and succeeds when a run could use
// one of them. Otherwise the class is reauth_required or not_logged_in. It
// makes no request: a login that is expired but refreshable counts.
func (c Commands) Status(accounts []Account, asJSON bool) error {
	reports, err := c.Reports(accounts)
	if err != nil {
		return err
	}
	if len(accounts) > 1 { // keys that nobody stored are no news
		reports = slices.DeleteFunc(reports, func(r Report) bool { return r.Kind == KindKey && r.State == StateNotLoggedIn && !r.notKey })
	}
	for _, r := range reports {
		if err := c.writeStatus(r, asJSON); err != nil {
			return err
		}
	}
	return verdict(reports)
}

func (c Commands) writeStatus(r Report, asJSON bool) error {
	if asJSON {
		return c.print(r)
	}
	text := r.Provider + ": " + r.Summary() + "\n"
	if r.Label != "" {
		text += "  label: " + r.Label + "\n"
	}
	if r.Store != "" {
		text += "  kept in " + r.Store + "\n"
	}
	if r.State == StateLoggedIn || r.Expired {
		text += "  " + life(r, time.Now()) + "\n"
	}
	if r.ExpiresAt != "" {
		text += "  expires_at: " + r.ExpiresAt + "\n"
	}
	if r.ErrorReason != "" {
		text += "  reason: " + r.ErrorReason + "\n"
	}
	if r.LoggedIn && r.Portal != "" {
		text += "  portal: " + r.Portal + "\n  inference: " + r.Inference + "\n"
	}
	return c.write(text)
}

func verdict(reports []Report) error {
	usable := func(r Report) bool { return r.LoggedIn }
	refused := func(r Report) bool { return r.State == StateReauth }
	switch {
	case slices.ContainsFunc(reports, usable):
		return nil
	case len(reports) == 0:
		return failf("not_logged_in", "no provider is logged in")
	}
	if i := slices.IndexFunc(reports, func(r Report) bool { return r.State == StateResting }); i >= 0 {
		return advise("try again then, or use another provider", "quota", "%s: %s", reports[i].Provider, reports[i].Summary())
	}
	if i := slices.IndexFunc(reports, refused); i >= 0 {
		r := reports[i]
		return advise(r.hint, "reauth_required", "%s: re-authentication required: %s", r.Provider, orUnknown(r.ErrorReason))
	}
	return notLoggedIn(reports[0])
}

// notLoggedIn is why a report's account has no credential.
func notLoggedIn(r Report) error {
	hint := r.hint
	switch {
	case r.Kind != KindKey, r.KeyEnv == "":
		return advise(hint, "not_logged_in", "not logged in to %s", r.Provider)
	case r.notKey:
		return advise(hint, "not_logged_in", "%s has no API key: the value of %s is none, it is a placeholder or too short", r.Provider, r.KeyEnv)
	}
	return advise(hint, "not_logged_in", "%s has no API key: %s is not set", r.Provider, r.KeyEnv)
}

func orUnknown(reason string) string {
	if reason == "" {
		return "the portal refused the stored login"
	}
	return reason
}
