package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"homecoming/api/web/ui"
	"homecoming/api/web/words"
)

const flashCookie = "flash"

// A flash is one message that waits for the next page: a key of the catalogue, or a sentence that a problem gave.
type flash struct {
	Key  string `json:"k,omitempty"`
	Args []any  `json:"a,omitempty"`
	Text string `json:"t,omitempty"`
	Bad  bool   `json:"b,omitempty"`
}

// leave puts a message where the next page finds it.
func (v *visit) leave(f flash) {
	body, err := json.Marshal(f)
	if err != nil {
		return // the message is a comfort, never the answer itself
	}
	v.remember(flashCookie, base64.RawURLEncoding.EncodeToString(body), 60)
}

// flash takes the message that waits, once. A fragment of a page leaves it where it is.
func (v *visit) flash() ui.Flash {
	cookie, err := v.c.Cookie(flashCookie)
	if err != nil || cookie == "" || v.c.GetHeader("X-Fragment") != "" || v.c.Request.Method != http.MethodGet {
		return ui.Flash{}
	}
	v.remember(flashCookie, "", -1)
	var f flash
	body, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || json.Unmarshal(body, &f) != nil {
		return ui.Flash{}
	}
	if f.Key != "" {
		f.Text = words.In(v.lang, f.Key, f.Args...)
	}
	return ui.Flash{Text: f.Text, Bad: f.Bad}
}

// remember keeps a small thing in the browser for so many seconds; none or fewer take it away.
func (v *visit) remember(name, value string, seconds int) {
	http.SetCookie(v.c.Writer, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
