@echo off
rem Work pool, queues, deployments, schedules and the automation for dead runs, on the Prefect server that
rem PREFECT_API_URL names (or on that of `organism up`). Repeating it changes nothing.
rem
rem   deploy\deploy_prefect.bat            set up what is missing
rem   deploy\deploy_prefect.bat update     also take back crons, queues and limits that were changed by hand
rem   deploy\deploy_prefect.bat check      only say what is missing; exit code 1 if anything is
rem   deploy\deploy_prefect.bat worker     run a worker of the pool here, in the foreground
rem
rem   --start      where no server is configured and none runs, start those of this machine first: `organism up`
rem   --dry-run    say what would be done, and do nothing
rem
rem Other arguments go to the command. Settings come from the environment and from deploy\.env, where that exists (see
rem deploy\env.example). deploy_prefect.sh does the same; tests\flows\test_deploy_scripts.py compares them.
setlocal enableextensions enabledelayedexpansion
set "HERE=%~dp0"
set "ROOT=%HERE%.."
set "PATH=%ROOT%\.venv\Scripts;%PATH%"

if exist "%HERE%.env" for /f "usebackq eol=# tokens=1,* delims==" %%a in ("%HERE%.env") do set "%%a=%%b"

set "ACTION=setup"
set "FIRST=%~1"
if not "%FIRST%"=="" if not "%FIRST:~0,2%"=="--" (
    set "ACTION=%FIRST%"
    shift
)

set "START="
set "DRY_RUN="
set "REST="
:arguments
if "%~1"=="" goto chosen
if "%~1"=="--start" (
    set "START=yes"
) else if "%~1"=="--dry-run" (
    set "DRY_RUN=yes"
) else (
    set "REST=!REST! %1"
)
shift
goto arguments

:chosen
if "%ACTION%"=="worker" goto worker
if "%ACTION%"=="setup" goto deploy
if "%ACTION%"=="update" goto deploy
if "%ACTION%"=="check" goto deploy
echo usage: deploy_prefect.bat [setup ^| update ^| check ^| worker] [--start] [--dry-run] 1>&2
exit /b 2

:deploy
where organism >nul 2>nul
if errorlevel 1 goto missing
call :start_server
if errorlevel 1 exit /b %ERRORLEVEL%
if defined STARTS_LATER exit /b 0
if defined DRY_RUN if not "%ACTION%"=="check" (
    echo would run: organism deploy %ACTION%; that is what 'organism deploy check' says now:
    organism deploy check %REST%
    if !ERRORLEVEL! leq 1 exit /b 0
    exit /b !ERRORLEVEL!
)
organism deploy %ACTION% %REST%
exit /b %ERRORLEVEL%

:worker
if defined DRY_RUN (
    echo would run: prefect worker start --pool default --type process --name %COMPUTERNAME% --install-policy never %REST%
    exit /b 0
)
if defined START call :start_server
where prefect >nul 2>nul
if errorlevel 1 goto missing
prefect worker start --pool default --type process --name "%COMPUTERNAME%" --install-policy never %REST%
exit /b %ERRORLEVEL%

:start_server
set "STARTS_LATER="
if not defined START exit /b 0
if not "%PREFECT_API_URL%"=="" exit /b 0
organism env 2>nul | findstr /b /c:"export PREFECT_API_URL=" >nul
if not errorlevel 1 exit /b 0
if defined DRY_RUN (
    echo would start the servers of this machine: organism up
    set "STARTS_LATER=yes"
    exit /b 0
)
organism up 1>&2
exit /b %ERRORLEVEL%

:missing
echo deploy_prefect.bat: install causal-organism[analysis] into .venv or onto PATH first 1>&2
exit /b 3
