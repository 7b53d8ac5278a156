module github.com/latchkey-aws/latchkey

go 1.26
