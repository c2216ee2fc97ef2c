package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestAPostSentTwiceUnderOneKeyIsDoneOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	key := "Idempotency-Key: 決算 post"
	first := w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, nil), key).wants(http.StatusCreated)
	again := w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, nil), key).wants(http.StatusCreated)
	if first.Body.String() != again.Body.String() || again.Header().Get("Idempotent-Replayed") != "true" || again.Header().Get("Location") != first.Header().Get("Location") ||
		again.Header().Get("Content-Type") != "application/json" {
		t.Errorf("the second answer is %v %s", again.Header(), again.Body)
	}
	if first.Header().Get("Idempotent-Replayed") != "" {
		t.Error("the first answer calls itself a replay")
	}
	w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, tree{"title": "Another"}), key).refuses(http.StatusUnprocessableEntity, "idempotency_key_reused", "Idempotency-Key")
	w.as(aoi.Administrator, "POST", "/api/v1/tasks", draft(aoi.ID, nil), key).wants(http.StatusCreated) // her keys are her own
	if n := w.Count("SELECT count(*) FROM tasks"); n != 2 {
		t.Errorf("%d tasks were made", n)
	}
}

func TestARefusalGivesTheKeyBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	task := aoi.Draft("Close the books", 300_000)
	key, at := "Idempotency-Key: cancel", "/api/v1/tasks/"+task.ID.String()+"/publish"
	w.as(aoi.Finance, "POST", at, nil, key).wants(http.StatusForbidden)
	w.as(aoi.Manager, "POST", "/api/v1/tasks/"+aoi.ID.String()+"/publish", nil, "Idempotency-Key: other").wants(http.StatusNotFound)
	w.as(aoi.Manager, "POST", at, nil, key).wants(http.StatusOK)
	w.as(aoi.Manager, "POST", at, nil, key).wants(http.StatusOK) // replayed
	w.as(aoi.Manager, "POST", at, nil).refuses(http.StatusConflict, "task_state", "")
	if n := w.Count("SELECT count(*) FROM idempotency_keys"); n != 1 {
		t.Errorf("%d keys are kept", n)
	}
}

func TestAPostWhoseAnswerWasLostIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	key := "Idempotency-Key: lost"
	w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, nil), key).wants(http.StatusCreated)
	w.Exec("UPDATE idempotency_keys SET state = 'committed', status = NULL, body = NULL") // as a crash before the answer leaves it
	got := w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, nil), key, "Accept-Language: en")
	got.refuses(http.StatusConflict, "idempotency_answer_lost", "Idempotency-Key")
	if !strings.Contains(got.problem().Detail, "POST /api/v1/tasks") {
		t.Error("nobody says what to look at")
	}
	if n := w.Count("SELECT count(*) FROM tasks"); n != 1 {
		t.Errorf("%d tasks were made", n)
	}
}

func TestOfManyAtOnceUnderOneKeyOneIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	w.token(aoi.Manager)
	statuses := make([]int, 6)
	var all []func() error
	for i := range statuses {
		all = append(all, func() error {
			statuses[i] = w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, nil), "Idempotency-Key: all at once").Code
			return nil
		})
	}
	w.Together(all...)
	for _, status := range statuses {
		if status != http.StatusCreated && status != http.StatusConflict {
			t.Errorf("answered %v", statuses)
		}
	}
	if n := w.Count("SELECT count(*) FROM tasks"); n != 1 {
		t.Errorf("%d tasks were made: %v", n, statuses)
	}
}

func TestAKeyThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	for _, key := range []string{strings.Repeat("k", 256), "", "a\tb", "\xff"} {
		w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, nil), "Idempotency-Key: "+key).refuses(http.StatusUnprocessableEntity, "idempotency_key_malformed", "Idempotency-Key")
	}
}
