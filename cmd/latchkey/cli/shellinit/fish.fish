# latchkey: @LK@, a function that switches this shell to an AWS profile.
set -gx LATCHKEY_SHELL_INIT @MARK@ # for latchkey doctor

function @LK@ --description 'Switch this shell to an AWS profile'
    set -l without
    if test (builtin count $argv) -eq 1
        switch $argv[1]
            case --clear
                for name in @ALL@
                    set -eg $name
                end
                return 0
            case --help -h
                command latchkey shell-init --help
                return
        end
    end
    # What the last switch has set would pass for the user's own choice.
    if set -q LATCHKEY_PROFILE
        for name in @ALL@
            set without $without -u $name
        end
    else if test (builtin count $argv) -eq 0
        for name in @IDENTITY@
            set without $without -u $name
        end
    end
    # In a substitution latchkey would have another standard error than the function.
    command env $without latchkey env --shell fish $argv | read -l -z code
    set -l ended $pipestatus[1]
    test $ended -eq 0
    or return $ended
    if string match -q -r -- '^set -(gx|eg) AWS_' "$code"
        if set -q LATCHKEY_PROFILE
            for name in @ALL@
                set -eg $name
            end
        end
        builtin printf %s $code | builtin source
    else # something else was asked for, such as --help
        builtin printf %s $code
    end
end

function @LK@_prompt --description 'Print the AWS profile of this shell and the time left'
    set -l text (string replace -a -r '[[:cntrl:]]' '?' -- "$LATCHKEY_PROFILE")
    set -l end (string match -r '^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:Z|\+00:00)$' -- "$AWS_CREDENTIAL_EXPIRATION")
    if set -q end[7]
        # Days since 1970 of a year that begins with March.
        set -l y $end[2]
        test $end[3] -le 2
        and set y (builtin math $y - 1)
        set -l left (builtin math "(365 * $y + floor($y / 4) - floor($y / 100) + floor($y / 400) + floor((153 * (($end[3] + 9) % 12) + 2) / 5) + $end[4] - 719469) * 86400 + $end[5] * 3600 + $end[6] * 60 + $end[7] - "(command date +%s))
        if test $left -le 0
            set left expired
        else if test $left -lt 60
            set left {$left}s
        else if test $left -lt 3600
            set left (builtin math "floor($left / 60)")m
        else
            set left (builtin printf '%dh%02dm' (builtin math "floor($left / 3600)") (builtin math "floor($left % 3600 / 60)"))
        end
        set text (string trim -- "$text $left")
    end
    if test -n "$text"
        test -n "$argv[1]"
        or set argv %s
        builtin printf $argv[1] $text
    end
    return 0
end

function __@LK@_complete
    set -l words (builtin commandline -opc)
    # fish itself looks what of it fits, unless latchkey must know that it is a flag.
    set -l flag (string match -- '-*' (builtin commandline -ct))
    set -l found (command latchkey __complete env $words[2..-1] "$flag" 2>/dev/null)
    # In the last line 8 stands for files, and what is found are their suffixes.
    if test "$found[-1]" = :8
        __fish_complete_suffix .json
        return
    end
    string match -v -r -- '^:\d+$' $found
    if test -n "$flag" -a (builtin count $words) -eq 1
        builtin printf '%s\t%s\n' --clear 'take the credentials out of the shell again'
    end
end
complete -c @LK@ -e
complete -c @LK@ -f -a '(__@LK@_complete)'
