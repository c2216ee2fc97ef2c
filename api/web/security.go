package web

import (
	"errors"
	"net/http"
	"strings"

	"homecoming/internal/problem"
)

func (v *visit) getSecurity() error {
	p, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return err
	}
	sessions, err := v.Market.Sessions(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(securityPage(p.HasPassword, v.who.Session, sessions))
}

func (v *visit) postPassword() error {
	err := v.Market.SetPassword(v.ctx, v.who, v.c.PostForm("old_password"), v.c.PostForm("new_password"))
	var p *problem.Error
	if errors.As(err, &p) {
		v.leave(flash{Text: v.fault(p).Sentence, Bad: true})
		v.c.Redirect(http.StatusSeeOther, "/security#password")
		return nil
	}
	if err != nil {
		return err
	}
	return v.to("/security", "security.password")
}

func (v *visit) postEndSession() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.Market.EndSession(v.ctx, v.who, id); err != nil {
		return v.retreat(err, "/security")
	}
	return v.to("/security", "security.ended")
}

func (v *visit) postEndSessions() error {
	if _, err := v.Market.EndOtherSessions(v.ctx, v.who); err != nil {
		return v.retreat(err, "/security")
	}
	return v.to("/security", "security.ended_others")
}

// browsers and systems as people call them, the more particular first: Edge calls itself Chrome as well, and
// Chrome calls itself Safari.
var browsers = []struct{ mark, name string }{
	{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
}

var systems = []struct{ mark, name string }{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
}

// browserName is what people call a browser that names itself so, with its system; empty when neither is known.
func browserName(agent string) string {
	var words []string
	for _, list := range [][]struct{ mark, name string }{browsers, systems} {
		for _, one := range list {
			if strings.Contains(agent, one.mark) {
				words = append(words, one.name)
				break
			}
		}
	}
	return strings.Join(words, ", ")
}
