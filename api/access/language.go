package access

import (
	"net/http"
	"time"

	accepted "golang.org/x/text/language"

	"homecoming/internal/problem"
	"homecoming/market"
)

const languageCookie = "lang"

var spokenHere = accepted.NewMatcher([]accepted.Tag{accepted.English, accepted.Japanese})

// spoken is the language to answer a request in: what was chosen in this address or earlier in this browser, what
// the person set, what the client asks for. A token's client speaks for itself, so there its header comes first. chosen reports
// whether it is more than the client's usual one.
func spoken(r *http.Request, who market.Actor) (l problem.Language, chosen bool) {
	if l := language(r.URL.Query().Get("lang")); l != "" {
		return l, true
	}
	if c, err := r.Cookie(languageCookie); err == nil && language(c.Value) != "" {
		return language(c.Value), true
	}
	asked := r.Header.Get("Accept-Language")
	if set := language(string(who.Language)); set != "" && (asked == "" || r.Header.Get("Authorization") == "") {
		return set, true
	}
	tags, _, _ := accepted.ParseAcceptLanguage(asked)
	if _, i, _ := spokenHere.Match(tags...); i == 1 {
		return problem.Japanese, false
	}
	return problem.English, false
}

// language is the language that a word names, empty when none of ours.
func language(word string) problem.Language {
	switch l := problem.Language(word); l {
	case problem.English, problem.Japanese:
		return l
	}
	return ""
}

// SetLanguage makes the browser remember a choice of language for a year.
func SetLanguage(w http.ResponseWriter, l problem.Language) {
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: string(l), Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
