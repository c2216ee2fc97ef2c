package problem_test

import (
	"errors"
	"testing"

	"homecoming/internal/problem"
)

var errOverBudget = problem.Define(problem.Conflict, "test_over_budget", "This is {over} over the limit.", "上限を{over}超えます。")

func TestACopyKeepsItsCodeAndFillsItsSentence(t *testing.T) {
	err := errOverBudget.On("amount").With("over", "¥12,000").Because(errors.New("locked row"))
	if !errors.Is(err, errOverBudget) {
		t.Fatal("a copy must be recognised by its code")
	}
	if got := err.In(problem.Japanese); got != "上限を¥12,000超えます。" {
		t.Fatalf("Japanese sentence is %q", got)
	}
	if errOverBudget.Field != "" || errOverBudget.Args != nil {
		t.Fatal("the defined value must stay as it was")
	}
}

func TestOneCodeIsDefinedOnce(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("a second definition must panic")
		}
	}()
	problem.Define(problem.Invalid, "test_over_budget", "again", "再び")
}

func TestAWordIsSaidInTheReadersLanguage(t *testing.T) {
	err := errOverBudget.With("over", problem.Word{EN: "a little", JA: "少し"})
	if en, ja := err.In(problem.English), err.In(problem.Japanese); en != "This is a little over the limit." || ja != "上限を少し超えます。" {
		t.Fatalf("%q, %q", en, ja)
	}
}
