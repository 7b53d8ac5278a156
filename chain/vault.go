package chain

import "github.com/latchkey-aws/latchkey/origin"

// vaultEntry is the step of a profile whose key the vault holds: the profile says
// so by a credential_process that asks latchkey for itself, or says nothing of
// credentials at all.
func (p *planner) vaultEntry(s *shape, e Entry) Step {
	at := e.Origin
	if process, ok := s.p.Get("credential_process"); ok && s.selfCall {
		at = process.Origin
	}
	step := vaultStep(e, s.name, at)
	account, _ := s.p.Get("aws_account_id")
	step.Inputs = p.appendSet(step.Inputs, InputAccountID, account)
	p.keySerial, _ = s.p.Get("mfa_serial")
	p.keyMFA = s.selfMFA
	return step
}

func vaultStep(e Entry, profile string, at origin.Origin) Step {
	return Step{Kind: KindVault, Profile: profile, Inputs: []Input{
		{Name: InputVaultEntry, Value: e.Name, Origin: at},
		{Name: InputVaultStamp, Value: e.Stamp, Origin: e.Origin},
	}}
}
