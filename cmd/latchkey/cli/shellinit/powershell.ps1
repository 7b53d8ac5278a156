# latchkey: @LK@, a function that switches this shell to an AWS profile. For
# Windows PowerShell 5.1 and PowerShell 7.
[Environment]::SetEnvironmentVariable('LATCHKEY_SHELL_INIT', '@MARK@') # for latchkey doctor

# Runs latchkey. Before 7.3 PowerShell neither escapes quotes nor passes on what is empty.
function __@LK@_latchkey {
    param([string[]]$Arguments)
    $program = Microsoft.PowerShell.Core\Get-Command -Name latchkey -CommandType Application -TotalCount 1 -ErrorAction Stop
    $version = $PSVersionTable.PSVersion
    if ($version.Major -lt 7 -or ($version.Major -eq 7 -and $version.Minor -lt 3)) {
        $Arguments = @(foreach ($argument in $Arguments) {
            $argument = $argument -replace '(\\*)"', '$1$1\"'
            if ($argument -eq '') { '""' }
            elseif ($argument -match '\s') { $argument -replace '(\\+)$', '$1$1' }
            else { $argument }
        })
    }
    & $program.Path @Arguments
}

function @LK@ {
    param([string]$Name)
    $given = [string[]]@(if ($PSBoundParameters.ContainsKey('Name')) { $Name }) + [string[]]@($args)
    $all = '@ALL@'.Split(' ')
    $identity = '@IDENTITY@'.Split(' ')
    $unset = { param($names) foreach ($n in $names) { [Environment]::SetEnvironmentVariable($n, [NullString]::Value) } }
    if ($given.Count -eq 1 -and $given[0] -ceq '--clear') {
        & $unset $all
        return
    }
    if ($given.Count -eq 1 -and ($given[0] -ceq '--help' -or $given[0] -ceq '-h')) {
        __@LK@_latchkey @('shell-init', '--help')
        return
    }
    # What the last switch has set would pass for the user's own choice.
    $switched = [bool]$Env:LATCHKEY_PROFILE
    $without = @(if ($switched) { $all } elseif ($given.Count -eq 0) { $identity })
    $saved = @{}
    foreach ($n in $without) { $saved[$n] = [Environment]::GetEnvironmentVariable($n) }
    try {
        & $unset $without
        $code = (__@LK@_latchkey (@('env', '--shell', 'powershell') + $given)) -join "`n"
    } finally {
        foreach ($n in $without) {
            if ($null -ne $saved[$n]) { [Environment]::SetEnvironmentVariable($n, $saved[$n]) }
        }
    }
    if ($LASTEXITCODE -ne 0) { return }
    if ($code.StartsWith('$Env:AWS_', [StringComparison]::Ordinal)) {
        if ($switched) { & $unset $all }
        Microsoft.PowerShell.Utility\Invoke-Expression -Command $code
    } elseif ($code -ne '') {
        $code # something else was asked for, such as --help
    }
}

function @LK@_prompt {
    param([string]$Format = '%s')
    $text = "$Env:LATCHKEY_PROFILE" -replace '\p{C}', '?'
    $end = [DateTimeOffset]::MinValue
    $culture = [Globalization.CultureInfo]::InvariantCulture
    if ([DateTimeOffset]::TryParse("$Env:AWS_CREDENTIAL_EXPIRATION", $culture, [Globalization.DateTimeStyles]::AssumeUniversal, [ref]$end)) {
        $seconds = [Math]::Floor(($end - [DateTimeOffset]::UtcNow).TotalSeconds)
        $left = if ($seconds -le 0) { 'expired' }
        elseif ($seconds -lt 60) { "${seconds}s" }
        elseif ($seconds -lt 3600) { '{0}m' -f [Math]::Floor($seconds / 60) }
        else { '{0}h{1:00}m' -f [Math]::Floor($seconds / 3600), [Math]::Floor($seconds % 3600 / 60) }
        $text = "$text $left".Trim()
    }
    if ($text) { $Format.Replace('%s', $text) }
}

Microsoft.PowerShell.Core\Register-ArgumentCompleter -CommandName '@LK@' -ParameterName 'Name' -ScriptBlock {
    param($command, $parameter, $word, $tree, $bound)
    $ErrorActionPreference = 'SilentlyContinue'
    foreach ($line in __@LK@_latchkey @('__complete', 'env', "$word".Trim([char[]]"'`"")) 2>$null) {
        if ($line -match '^:\d+$') { break }
        $found, $about = $line -split "`t", 2
        if (-not $about) { $about = $found }
        $text = $found
        if ($text -notmatch '^(--)?\w[\w.-]*$') {
            $text = "'" + [Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($found) + "'"
        }
        [Management.Automation.CompletionResult]::new($text, $found, 'ParameterValue', $about)
    }
    if ('--clear'.StartsWith("$word") -and "$word" -ne '') { [Management.Automation.CompletionResult]::new('--clear') }
}
