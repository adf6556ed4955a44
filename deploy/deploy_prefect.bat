@echo off
rem Work pool, queues, deployments, schedules and the automation for dead runs, on the Prefect server that
rem PREFECT_API_URL names. Repeating it changes nothing.
rem
rem   deploy\deploy_prefect.bat            set up what is missing
rem   deploy\deploy_prefect.bat update     also take back crons, queues and limits that were changed by hand
rem   deploy\deploy_prefect.bat check      only say what is missing; exit code 1 if anything is
rem   deploy\deploy_prefect.bat worker     run a worker of the pool here, in the foreground
setlocal enableextensions
set "ROOT=%~dp0.."
set "ACTION=%~1"
if "%ACTION%"=="" set "ACTION=setup"
set "PATH=%ROOT%\.venv\Scripts;%PATH%"

if /i "%ACTION%"=="worker" goto worker
if /i "%ACTION%"=="setup" goto deploy
if /i "%ACTION%"=="update" goto deploy
if /i "%ACTION%"=="check" goto deploy
echo usage: deploy_prefect.bat [setup ^| update ^| check ^| worker] 1>&2
exit /b 2

:deploy
where organism >nul 2>nul
if errorlevel 1 goto missing
organism deploy %ACTION%
exit /b %ERRORLEVEL%

:worker
where prefect >nul 2>nul
if errorlevel 1 goto missing
prefect worker start --pool default --type process --name "%COMPUTERNAME%" --install-policy never
exit /b %ERRORLEVEL%

:missing
echo deploy_prefect.bat: install causal-organism[analysis] into .venv or onto PATH first 1>&2
exit /b 3
