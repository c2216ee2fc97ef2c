package market

import "homecoming/internal/problem"

// ErrSkillAmbiguous is what a [ResolveSkill] answers for a word that means several skills: nobody settles that silently.
var ErrSkillAmbiguous = problem.Define(problem.Invalid, "skill_ambiguous",
	"“{skill}” may mean {choices}. Write which one.", "「{skill}」は次のいずれかを指す可能性があります：{choices}。どれかを選んでください。")
