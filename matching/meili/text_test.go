package meili_test

import (
	"net/http"
	"testing"

	"homecoming/matching/freetext"
	"homecoming/matching/freetext/freetexttest"
	"homecoming/matching/meili"
)

func TestTextOnARealServer(t *testing.T) {
	s := start(t)
	t.Run("words are found with slips", func(t *testing.T) { freetexttest.Words(t, s.text(t)) })
}

// text is a fresh index of words on the server, deleted when the test ends.
func (s server) text(t testing.TB) freetext.Index {
	uid := s.uid(t)
	t.Cleanup(func() {
		for _, u := range []string{"_people", "_tasks"} {
			s.send(t, "DELETE", "/indexes/"+uid+u, "", http.StatusAccepted)
		}
	})
	return meili.New(s.url, s.key, uid).Text()
}
