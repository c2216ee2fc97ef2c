package billing

import "testing"

func TestEveryStateThatAPersonMeetsHasAJapaneseWord(t *testing.T) {
	for state := range milestoneMachine.Stands {
		if japanese[string(state)] == "" {
			t.Errorf("a milestone that is %q has no word", state)
		}
	}
	for state := range contractMachine.Stands {
		if japanese[string(state)] == "" {
			t.Errorf("a contract that is %q has no word", state)
		}
	}
}
